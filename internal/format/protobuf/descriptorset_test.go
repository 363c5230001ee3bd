package protobuf_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
)

// FuzzParseSet has descriptor sets of all kinds. Messages of one that is taken can be decoded.
func FuzzParseSet(f *testing.F) {
	set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{protodesc.ToFileDescriptorProto(structpb.File_google_protobuf_struct_proto)}}
	data, err := proto.Marshal(set)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{})
	f.Add([]byte("\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := protobuf.ParseSet(data)
		if err != nil {
			return
		}
		files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
			s, err := protobuf.Of(file)
			if err != nil {
				return true
			}
			if _, err := s.Files(); err != nil {
				t.Errorf("the files of %s: %v", file.Path(), err)
			}
			for i := range file.Messages().Len() {
				m, err := s.Message(string(file.Messages().Get(i).FullName()))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := m.Decoder(format.Options{}).AppendJSON(nil, nil); err != nil {
					t.Logf("an empty %s: %v", m.Name(), err) // It may have required fields.
				}
			}
			return true
		})
	})
}
