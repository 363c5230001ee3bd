"""JSON Schema by Confluent's serializers."""

import json

from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer


class Format:
    def __init__(self, command, references):
        self.schema = Schema(command["schema"], "JSON", references)

    def parse(self, value):
        return value

    def render(self, value):
        return json.dumps(value)

    def serializer(self, client, conf):
        return JSONSerializer(self.schema, client, conf=conf)

    def deserializer(self, client):
        return JSONDeserializer(self.schema, schema_registry_client=client)

    def encode(self, value):
        return json.dumps(value).encode()

    def decode(self, body):
        return json.loads(body)
