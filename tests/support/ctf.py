# SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
"""A plain reader of CTF 1.8 traces, written from the specification. It shares nothing with slabscope: it
learns the layout from the metadata. It reads what slabscope's metadata uses: integers of whole bytes in
little-endian order, enumerations of them, strings, and structures of these."""
import collections
import heapq
import os
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'/\*.*?\*/|\s+|("(?:[^"\\]|\\.)*"|:=|[\w.]+|[{}\[\];:=,])', re.S)
MAGIC = 0xC1FC1FC1


@dataclass
class Integer:
    bytes: int
    clock: bool = False  # a timestamp

    def read(self, data, at):
        return int.from_bytes(data[at:at + self.bytes], 'little'), at + self.bytes


@dataclass
class Enumeration:
    of: Integer
    labels: list

    def read(self, data, at):
        value, at = self.of.read(data, at)
        return self.labels[value] if value < len(self.labels) else value, at


class Text:
    clock = False

    def read(self, data, at):
        end = data.index(0, at)
        return data[at:end].decode(), end + 1


@dataclass
class Array:
    of: Integer
    length: int

    def read(self, data, at):
        values = []
        for _ in range(self.length):
            value, at = self.of.read(data, at)
            values.append(value)
        return values, at


@dataclass
class Stream:
    packet: dict = field(default_factory=dict)
    header: dict = field(default_factory=dict)
    events: dict = field(default_factory=dict)  # id -> (name, fields)


@dataclass
class Event:
    """Its fields are also attributes, except where it has one of this name itself."""
    ns: int
    cpu: object  # None: of the state
    name: str
    node: object
    fields: dict

    def __getattr__(self, key):
        try:
            return self.__dict__['fields'][key]
        except KeyError:
            raise AttributeError(key) from None


class Metadata:
    """The declarations of a metadata file."""

    def __init__(self, text):
        assert text.startswith('/* CTF 1.8'), text[:20]
        self.tokens = [t for t in TOKEN.findall(text) if t]
        self.types, self.streams, self.env, self.offset_ns = {}, {}, {}, 0
        while self.tokens:
            self.declaration()

    def take(self, *wanted):
        token = self.tokens.pop(0)
        assert not wanted or token in wanted, (token, wanted, self.tokens[:8])
        return token

    def block(self):
        """Reads { key = value; ... }, values as texts or types."""
        self.take('{')
        values = {}
        while self.tokens[0] != '}':
            key, sign = self.take(), self.take('=', ':=')
            if sign == ':=':
                values[key] = self.type()
            else:
                values[key] = self.take().strip('"')
            self.take(';')
        self.take('}')
        return values

    def type(self):
        word = self.take()
        if word == 'integer':
            of = self.block()
            assert of.get('signed') == 'false' and int(of['align']) == 8 and int(of['size']) % 8 == 0
            return Integer(int(of['size']) // 8, 'map' in of)
        if word == 'enum':
            self.take(':')
            of, labels = self.type(), []
            self.take('{')
            while self.tokens[0] != '}':
                labels.append(self.take())
                if self.tokens[0] == ',':
                    self.take()
            self.take('}')
            return Enumeration(of, labels)
        if word == 'string':
            self.block()
            return Text()
        if word == 'struct':
            return self.struct()
        return self.types[word]

    def struct(self):
        self.take('{')
        fields = {}
        while self.tokens[0] != '}':
            of, name = self.type(), self.take()
            if self.tokens[0] == '[':
                self.take()
                of = Array(of, int(self.take()))
                self.take(']')
            fields[name.removeprefix('_')] = of
            self.take(';')
        self.take('}')
        return fields

    def declaration(self):
        word = self.take()
        if word == 'typealias':
            of = self.type()
            self.take(':=')
            self.types[self.take()] = of
        elif word == 'trace':
            self.trace = self.block()
        elif word == 'env':
            self.env = self.block()
        elif word == 'clock':
            clock = self.block()
            assert clock['freq'] == '1000000000'
            self.offset_ns = int(clock['offset_s']) * 10**9 + int(clock['offset'])
        elif word == 'stream':
            of = self.block()
            self.streams[int(of['id'])] = Stream(of['packet.context'], of['event.header'])
        else:
            assert word == 'event', word
            of = self.block()
            self.streams[int(of['stream_id'])].events[int(of['id'])] = (of['name'], of['fields'])
        self.take(';')


def read_struct(fields, data, at):
    values = {}
    for name, of in fields.items():
        values[name], at = of.read(data, at)
    return values, at


class Trace:
    """A trace in a directory. Events are in the order of their time; events of one file keep theirs."""

    def __init__(self, directory):
        with open(os.path.join(directory, 'metadata'), encoding='utf-8') as f:
            self.metadata = Metadata(f.read())
        self.discarded = collections.Counter()  # by file
        files = {name: list(self.file(directory, name)) for name in sorted(os.listdir(directory))
                 if name != 'metadata' and not name.startswith('.')}
        # The description of a cache comes before an event of the same time.
        order = sorted(files, key=lambda name: (name != 'state', name))
        self.events = list(heapq.merge(*(files[name] for name in order), key=lambda event: event.ns))

    def file(self, directory, name):
        with open(os.path.join(directory, name), 'rb') as f:
            data = f.read()
        at, last = 0, 0
        while at < len(data):
            begin = at
            header, at = read_struct(self.metadata.trace['packet.header'], data, at)
            assert header['magic'] == MAGIC, (name, begin)
            assert bytes(header['uuid']).hex() == self.metadata.trace['uuid'].replace('-', '')
            stream = self.metadata.streams[header['stream_id']]
            context, at = read_struct(stream.packet, data, at)
            end = begin + context['content_size'] // 8
            assert end <= begin + context['packet_size'] // 8 <= len(data), (name, begin, 'torn')
            self.discarded[name] = context['events_discarded']
            clock = context['timestamp_begin']
            assert clock >= last, (name, begin, 'packets overlap')
            while at < end:
                head, at = read_struct(stream.header, data, at)
                bits = stream.header['timestamp'].bytes * 8
                low, mask = head['timestamp'], (1 << bits) - 1
                clock += (low - clock) & mask
                kind, fields = stream.events[head['id']]
                values, at = read_struct(fields, data, at)
                yield Event(clock, context.get('cpu_id'), kind, context.get('node'), values)
            assert at == end and clock <= context['timestamp_end'], (name, begin)
            last = context['timestamp_end']
            at = begin + context['packet_size'] // 8

    def caches(self):
        """Returns the events that describe caches, by number."""
        return {event.cache: event for event in self.events if event.name == 'cache'}

    def counts(self):
        """Returns Counters of the names of events, by the cache's number and the CPU."""
        counts = collections.defaultdict(collections.Counter)
        for event in self.events:
            if 'cache' in event.fields:
                counts[event.cache, event.cpu][event.name] += 1
        return counts
