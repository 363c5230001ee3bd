"""Reads commands, one JSON object a line, and prints the result of each as one line.

The arguments are the address of a Kafka broker and the URL of a schema registry. Confluent's client writes and reads records, and
fastavro encodes and decodes Avro. `values` in commands are

  avro      the encoding in base64, without an ID
  protobuf  the JSON mapping of Protobuf
  json      the value itself

In results they are as people read them: see `render` of each format.
"""

import base64
import json
import sys
import traceback

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry import header_schema_id_serializer, prefix_schema_id_serializer
from confluent_kafka.serialization import MessageField, SerializationContext

import avroformat
import jsonformat
import protobufformat

FORMATS = {"avro": avroformat.Format, "protobuf": protobufformat.Format, "json": jsonformat.Format}
DEADLINE_SECONDS = 60


class Commands:
    """Each method is a command. Values are returned as JSON texts."""

    def __init__(self, broker, registry):
        self.broker = broker
        self.registry = registry

    def run(self, command):
        references = [SchemaReference(**r) for r in command.get("references") or []]
        form = FORMATS[command["format"]](command, references)
        return getattr(self, command["do"])(command, form)

    def client(self, command):
        return SchemaRegistryClient({"url": command.get("registry") or self.registry})

    def write(self, command, form):
        """Writes values to a topic. With `header`, a header has the schema's GUID, and the schema is the newest of its subject."""
        conf = {"schema.id.serializer": prefix_schema_id_serializer}
        if command.get("header"):
            conf = {"schema.id.serializer": header_schema_id_serializer, "auto.register.schemas": False, "use.latest.version": True}
        serialize = form.serializer(self.client(command), conf)
        producer = Producer({"bootstrap.servers": self.broker})
        failures = []

        def delivered(error, _):
            if error:
                failures.append(str(error))

        for value in command["values"]:
            context = SerializationContext(command["topic"], MessageField.VALUE, [])
            data = serialize(form.parse(value), context)
            producer.produce(command["topic"], data, partition=0, headers=context.headers, on_delivery=delivered)
        left = producer.flush(DEADLINE_SECONDS)
        if left or failures:
            raise RuntimeError(f"{left} records are still not written, and {len(failures)} failed: {failures[:3]}")
        return []

    def read(self, command, form):
        """Reads the first values of a topic."""
        deserialize = form.deserializer(self.client(command))
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": "unused", "enable.auto.commit": False})
        consumer.assign([TopicPartition(command["topic"], 0, 0)])
        values = []
        try:
            for message in consumer.consume(command["count"], DEADLINE_SECONDS):
                if message.error():
                    raise RuntimeError(str(message.error()))
                context = SerializationContext(command["topic"], MessageField.VALUE, message.headers())
                values.append(form.render(deserialize(message.value(), context)))
        finally:
            consumer.close()
        return values

    def render(self, command, form):
        """Returns the values of the command."""
        return [form.render(form.parse(v)) for v in command["values"]]

    def encode(self, command, form):
        """Returns the encodings of values in base64, without IDs."""
        return [json.dumps(base64.b64encode(form.encode(form.parse(v))).decode()) for v in command["values"]]

    def decode(self, command, form):
        """Returns what such encodings hold."""
        return [form.render(form.decode(base64.b64decode(b))) for b in command["values"]]


def main():
    commands = Commands(*sys.argv[1:])
    for line in sys.stdin:
        try:
            result = '{"values":[' + ",".join(commands.run(json.loads(line))) + "]}"
        except Exception:  # The test shows it.
            result = json.dumps({"error": traceback.format_exc()})
        print(result, flush=True)


main()
