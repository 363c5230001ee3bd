"""Avro by Confluent's serializers and fastavro."""

import base64
import datetime
import decimal
import io
import json
import uuid

import fastavro
from confluent_kafka.schema_registry import Schema
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer


class LocalNanoseconds(int):
    """A point in time, which Python's datetime has no room for."""

    zone = ""

    def __str__(self):
        seconds, nanos = divmod(int(self), 1_000_000_000)
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        return without_zeros(f"{moment.isoformat()}.{nanos:09}") + self.zone


class Nanoseconds(LocalNanoseconds):
    zone = "Z"


class Duration(bytes):
    def __str__(self):
        months, days, millis = (int.from_bytes(self[i : i + 4], "little") for i in (0, 4, 8))
        text = "P" + (f"{months}M" if months else "") + (f"{days}D" if days else "")
        if millis or text == "P":
            text += "T" + without_zeros(f"{millis // 1000}.{millis % 1000:03}") + "S"
        return text


# fastavro leaves these logical types to the program.
fastavro.read.LOGICAL_READERS["long-timestamp-nanos"] = lambda value, *_: Nanoseconds(value)
fastavro.read.LOGICAL_READERS["long-local-timestamp-nanos"] = lambda value, *_: LocalNanoseconds(value)
fastavro.read.LOGICAL_READERS["fixed-duration"] = lambda value, *_: Duration(value)
fastavro.read.LOGICAL_READERS["fixed-uuid"] = lambda value, *_: uuid.UUID(bytes=value)
fastavro.write.LOGICAL_WRITERS["fixed-uuid"] = lambda value, *_: value.bytes


def without_zeros(text):
    """Leaves out the zeros at the end of a fraction."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def rendered(value):
    """Returns JSON text as people read it: times as RFC 3339, bytes as base64, decimals with all digits."""
    match value:
        case dict():
            return "{" + ",".join(f"{json.dumps(k)}:{rendered(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(rendered, value)) + "]"
        case decimal.Decimal():
            return format(value, "f")
        case datetime.datetime():
            utc = value.tzinfo is not None
            text = without_zeros(value.replace(tzinfo=None).isoformat(timespec="microseconds"))
            return json.dumps(text + ("Z" if utc else ""))
        case datetime.time():
            return json.dumps(without_zeros(value.isoformat(timespec="microseconds")))
        case datetime.date() | uuid.UUID() | Duration() | LocalNanoseconds():
            return json.dumps(str(value))
        case bytes():
            return json.dumps(base64.b64encode(value).decode())
        case _:
            return json.dumps(value)


class Format:
    """Values in commands are encodings in base64. With references they are plain JSON, and only written and read."""

    def __init__(self, command, references):
        self.text = command["schema"]
        self.references = references
        self.schema = None if references else fastavro.parse_schema(json.loads(self.text))

    def parse(self, value):
        return value if self.references else self.decode(base64.b64decode(value))

    def render(self, value):
        return rendered(value)

    def serializer(self, client, conf):
        return AvroSerializer(client, Schema(self.text, "AVRO", self.references), conf=conf)

    def deserializer(self, client):
        return AvroDeserializer(client)

    def encode(self, value):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, self.schema, value)
        return out.getvalue()

    def decode(self, body):
        rest = io.BytesIO(body)
        value = fastavro.schemaless_reader(rest, self.schema)
        if rest.read():
            raise ValueError("the body goes on behind its value")
        return value
