import { Random } from './random.ts'
import { SUBJECTS, type Subject } from './subjects.ts'

/** One write of an object. */
export interface Step {
  how: 'apply' | 'merge' | 'strategic' | 'json' | 'put'
  manager: string
  force?: boolean
  body: unknown
}

/** Writes of one object, one after the other. */
export interface Sequence {
  seed: number
  /** Of its Subject. */
  subject: string
  steps: Step[]
}

const MANAGERS = ['one', 'two', 'three']
const KEYS = ['a', 'b', 'c']

/** The same sequence for the same seed. */
export function generate(seed: number): Sequence {
  const random = new Random(seed)
  const subject = random.pick(SUBJECTS)
  const count = 3 + Math.floor(random.next() * 5)
  const steps = Array.from({ length: count }, (_, index) => step(random, subject, index === 0))
  return { seed, subject: subject.name, steps }
}

function step(random: Random, subject: Subject, first: boolean): Step {
  const manager = random.pick(MANAGERS)
  const hows: Step['how'][] = subject.custom
    ? ['apply', 'apply', 'merge', 'json', 'put']
    : ['apply', 'apply', 'merge', 'strategic', 'json', 'put']
  const how = first ? 'apply' : random.pick(hows)
  if (how === 'apply') return { how, manager, force: random.chance(0.5), body: whole(random, subject) }
  if (how === 'put') return { how, manager, body: whole(random, subject) }
  if (how === 'json') return { how, manager, body: operations(random) }
  return {
    how,
    manager,
    body: { ...random.fields({ metadata: () => metadata(random) }, 0.3), ...subject.part(random) },
  }
}

function whole(random: Random, subject: Subject): object {
  const { apiVersion, kind } = subject
  return { apiVersion, kind, metadata: metadata(random), ...subject.content(random) }
}

function metadata(random: Random): object {
  const texts = () => Object.fromEntries(random.some(KEYS).map((key) => [key, random.pick(['1', '2'])]))
  return random.fields(
    { labels: texts, annotations: texts, finalizers: () => random.some(KEYS, 2).map((one) => `example.com/${one}`) },
    0.25,
  )
}

function operations(random: Random): object[] {
  const key = random.pick(KEYS)
  const path = random.pick([`/metadata/labels/${key}`, `/metadata/annotations/${key}`])
  return [
    random.pick<object>([
      { op: 'add', path: path.replace(/\/[abc]$/, ''), value: { [key]: 'json' } },
      { op: 'add', path, value: 'json' },
      { op: 'remove', path },
      { op: 'replace', path, value: 'json' },
      { op: 'test', path, value: '1' },
    ]),
  ]
}
