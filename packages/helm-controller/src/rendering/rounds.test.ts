import { describe, expect, it } from 'vitest'
import { Answers, renderInRounds } from './rounds.ts'

/** Answers that double the question, and what was fetched for them. */
function doubling(bounds: { rounds: number; count?: number }) {
  const fetched: string[] = []
  const answers = new Answers<string>({
    fetch: async (key) => {
      fetched.push(key)
      return key + key
    },
    tooMuch: 'too much',
    ...bounds,
  })
  return { answers, fetched }
}

describe('questions of a rendering', () => {
  it('are answered by the next one, whichever of them leads to which', async () => {
    const [one, other] = [doubling({ rounds: 5 }), doubling({ rounds: 5 })]

    const result = await renderInRounds([one.answers, other.answers], () =>
      one.answers.find(other.answers.find(one.answers.find('a') ?? '') ?? ''),
    )

    expect(result).toBe('a'.repeat(8))
  })

  it('excuse a failure until they are answered', async () => {
    const { answers } = doubling({ rounds: 5 })
    const render = (): string => {
      throw new Error(answers.find('a') ?? 'not known')
    }

    await expect(renderInRounds([answers], render)).rejects.toThrow('aa')
  })

  it('are answered for so many rounds', async () => {
    const { answers, fetched } = doubling({ rounds: 3 })
    let last = 0

    const result = await renderInRounds([answers], () => answers.find(String(last++)))

    expect({ result, fetched }).toEqual({ result: 'too much', fetched: ['0', '1', '2'] })
  })

  it('are so many and no more', async () => {
    const { answers, fetched } = doubling({ rounds: 3, count: 2 })

    const result = await renderInRounds([answers], () => ['a', 'b', 'c'].map((key) => answers.find(key)))

    expect({ result, fetched }).toEqual({ result: ['too much', 'too much', 'too much'], fetched: [] })
  })

  it('tell when a rendering is the last', async () => {
    const { answers } = doubling({ rounds: 5 })
    const told: boolean[] = []

    await renderInRounds([answers], (isComplete) => {
      answers.find('a')
      told.push(isComplete())
    })

    expect(told).toEqual([false, true])
  })
})
