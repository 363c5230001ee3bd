"""Protobuf by Confluent's serializers and Google's library."""

import base64

from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


class Format:
    """`schema` is a FileDescriptorSet in base64 with each file behind those that it imports, and `message` a full name."""

    def __init__(self, command, references):
        files = descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode(command["schema"]))
        self.pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            self.pool.Add(file)
        self.message = message_factory.GetMessageClass(self.pool.FindMessageTypeByName(command["message"]))

    def parse(self, value):
        return json_format.ParseDict(value, self.message(), descriptor_pool=self.pool)

    def render(self, value):
        return json_format.MessageToJson(
            value, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None, descriptor_pool=self.pool
        )

    def serializer(self, client, conf):
        return ProtobufSerializer(self.message, client, conf)

    def deserializer(self, client):
        return ProtobufDeserializer(self.message, {}, client)

    def encode(self, value):
        return value.SerializeToString(deterministic=True)

    def decode(self, body):
        return self.message.FromString(body)
