// Package jsondoc finds values in JSON documents without decoding them: one pass checks a document and says where
// the values of a set of paths are in it, so that they can be read in place and the document passed on byte for byte.
package jsondoc
