import type { SchemaNode } from '@slipway/kube-objects'
import { describe, expect, it } from 'vitest'
import { compileExpression } from './expression.ts'
import { schemaValue } from './values.ts'

const self = schemaValue(
  {
    list: [1, 2, 3],
    map: { 'a-a': 'x', b: 'y' },
    text: 'héllo',
    count: 3,
    ratio: 2,
    objects: [{ name: 'a', kind: 'T', part: { size: 1 } }, { name: 'b' }],
    wait: '2h30m',
    'since-when': '2026-03-01T10:00:00Z',
    namespace: 'here',
    raw: 'aGV5',
  },
  {
    type: 'object',
    properties: {
      map: { type: 'object', additional: { type: 'string' } },
      count: { type: 'integer' },
      ratio: { type: 'number' },
      wait: { type: 'string', format: 'duration' },
      'since-when': { type: 'string', format: 'date-time' },
      namespace: { type: 'string' },
      raw: { type: 'string', format: 'byte' },
    },
  } satisfies SchemaNode,
)

const evaluated = (text: string): unknown => compileExpression(text, ['self']).evaluate({ self })

describe('an expression that holds', () => {
  const HOLDS: Record<string, string[]> = {
    'has() of any operand': [
      'has(self.objects[0].part)',
      '!has(self.objects[1].part)',
      'self.objects.exists(o, has(o.part.size))',
      '!has(self.?nothing.part)',
    ],
    'values of a schema': [
      'self.wait > duration("2h")',
      'self.since__dash__when.getFullYear() == 2026',
      'self.__namespace__ == "here"',
      'self.map.size() == 2 && self.map.all(k, k in ["a-a", "b"])',
      'type(self.ratio) == double && type(self.count) == int',
      'self.raw == b"hey"',
    ],
    'comprehensions of two variables': [
      'self.list.all(i, v, i < v)',
      'self.map.exists(k, v, k == "b" && v == "y")',
      'self.objects.existsOne(i, o, i == 1 && o.name == "b")',
      'self.list.transformList(i, v, v > 1, i * v) == [2, 6]',
      'self.map.transformMap(k, v, k + v) == {"a-a": "a-ax", "b": "by"}',
      'self.map.transformMapEntry(k, v, {v: k}) == {"x": "a-a", "y": "b"}',
      'self.list.all(i, v, self.map.all(k, w, i < 3 && w != ""))',
      '[1, 2].exists(i, v, self.nothing == 1 || v == 2)',
    ],
    patterns: [
      'self.text.matches("(?i)^HÉLLO$")',
      'matches(self.text, "^h")',
      '!"a\\n".matches("^a$")',
      '"a1b22".find("[0-9]+") == "1"',
      '"a1b22".findAll("[0-9]+", 1) == ["1"]',
    ],
    lists: [
      '[3, 1, 2].sort() == [1, 2, 3]',
      'self.objects.sortBy(o, -size(o)).map(o, o.name) == ["a", "b"]',
      '[1, 2, 3].slice(0, 2) == [1, 2]',
      '[[1], [2]].flatten() == [1, 2]',
      '[1, 1.0, 2].distinct() == [1, 2]',
      'self.list.sum() == 6 && self.list.max() == 3 && self.list.indexOf(2) == 1',
      'lists.range(3) == [0, 1, 2]',
    ],
    sets: ['sets.contains([1, 2], [1])', 'sets.intersects([1, 2], [2, 3])', 'sets.equivalent([1, 2, 2], [2, 1])'],
    'optional values': [
      'self.list.first().value() == 1 && self.list.last().orValue(0) == 3 && !self.list.slice(0, 0).first().hasValue()',
      '[optional.of(1), optional.none()].unwrapOpt() == [1] && optional.unwrap([optional.of(2)]) == [2]',
      'self.?objects.value()[0].part.size == 1',
      'optional.of(1).optMap(v, v + 1).value() == 2',
      'self.?objects[?0].optFlatMap(o, o.?name).orValue("") == "a"',
      '!optional.ofNonZeroValue("").hasValue()',
      'optional.of([1]) == optional.of([1.0]) && optional.none() != optional.of(1)',
      'optional.none() != null && null != timestamp("2026-01-01T00:00:00Z")',
    ],
    'addresses and networks': [
      'ip("10.1.2.3").family() == 4 && ip("::1").isLoopback()',
      '!isIP("10.1.2") && !isIP("::ffff:1.2.3.4") && !isIP("fe80::1%eth0")',
      'ip("2001:DB8::0") == ip("2001:db8::") && !ip.isCanonical("2001:DB8::0")',
      'string(ip("2001:DB8::0")) == "2001:db8::"',
      'ip("169.254.0.1").isLinkLocalUnicast() && ip("224.0.0.1").isLinkLocalMulticast() && ip("8.8.8.8").isGlobalUnicast()',
      'cidr("10.0.0.0/8").containsIP("10.255.0.1") && !cidr("10.0.0.0/8").containsIP(ip("11.0.0.1"))',
      'cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.0.0.0/8").containsCIDR(cidr("0.0.0.0/0"))',
      'string(cidr("10.1.2.3/8").masked()) == "10.0.0.0/8" && cidr("::/0").prefixLength() == 0',
      '!isCIDR("10.0.0.0/33") && !isCIDR("10.0.0.0")',
    ],
    formats: [
      '!format.dns1123Label().validate("a-b").hasValue()',
      'format.dns1123Label().validate("a_b").value().size() == 1',
      '!format.dns1123LabelPrefix().validate("a-").hasValue()',
      'format.named("uuid").value().validate("x").hasValue() && !format.named("nothing").hasValue()',
      '!format.date().validate("2026-02-28").hasValue() && format.uri().validate("x").hasValue()',
    ],
    versions: [
      'semver("1.2.3").isLessThan(semver("1.10.0")) && semver("1.0.0-rc.1").isLessThan(semver("1.0.0"))',
      'semver("1.0.0-2").compareTo(semver("1.0.0-10")) == -1 && semver("v1.02", true) == semver("1.2.0")',
      '!isSemver("v1.2.3") && isSemver("v1.2", true) && semver("1.2.3").minor() == 2',
    ],
    'URLs as Go reads them': [
      'url("https://a.b/c") == url("https://a.b/c") && url("https://a.b/c") != url("https://a.b/")',
      'url("https://a.b:443/x/y?q=1&q=2").getPort() == "443"',
      'url("https://[::1]:80/").getHostname() == "::1" && url("https://[::1]:80/").getHost() == "[::1]:80"',
      'url("https://a.b/x?q=1&q=2").getQuery() == {"q": ["1", "2"]}',
      'isURL("/just/a/path") && !isURL("a.b/c") && !isURL("https://a b/")',
    ],
    quantities: [
      'quantity("1Gi").add(quantity("1Gi")) == quantity("2Gi")',
      'quantity("1").sub(2).sign() == -1 && quantity("1500m").compareTo(quantity("1.5")) == 0',
    ],
    texts: [
      'string(duration("90m")) == "5400s"',
      'string(self.since__dash__when) == "2026-03-01T10:00:00Z" && int(self.since__dash__when) == 1772359200',
      '"%s %d %.1f".format([self.list, self.count, 1.25]) == "[1, 2, 3] 3 1.3"',
      'strings.quote("a\\"") == "\\"a\\\\\\"\\""',
      'self.text.charAt(1) == "é"',
    ],
  }
  it.each(Object.entries(HOLDS))('%s', (_, expressions) => {
    for (const text of expressions) expect([text, evaluated(text)]).toEqual([text, true])
  })
})

describe('an expression that does not hold', () => {
  it.each([
    ['[1, 2].all(i, v, self.nothing == 1)', 'no such key: nothing'],
    ['self.list[3] == 1', 'index out of bounds: 3'],
    ['quantity("1500m").asInteger() == 1', 'cannot convert'],
    ['{"a": "x", "b": "x"}.transformMapEntry(k, v, {v: k}).size() == 1', 'already exists'],
    ['"a".matches("(")', 'error parsing regexp'],
  ])('%s fails', (text, why) => {
    expect(() => evaluated(text)).toThrow(why)
  })
})
