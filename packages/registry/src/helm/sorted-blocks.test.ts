import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SortedBlocks } from './sorted-blocks.ts'

interface Item {
  rank: number
  id: number
}

it('items stand in order, and only the blocks that change are made anew', () => {
  const step = fc.record({ isAdded: fc.boolean(), rank: fc.nat(300), which: fc.nat() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 1_500, size: 'max' }), (steps) => {
      const blocks = new SortedBlocks<Item, string>((a, b) => a.rank - b.rank)
      const items: Item[] = []
      const text = (): string => JSON.stringify([...blocks])
      for (const [id, { isAdded, rank, which }] of steps.entries()) {
        for (const block of blocks.blocks) block.made = JSON.stringify(block.items)
        if (isAdded || items.length === 0) {
          const item = { rank, id }
          items.push(item)
          blocks.add(item)
        } else blocks.remove(items.splice(which % items.length, 1)[0] as Item)
        expect(blocks.blocks.filter(({ made }) => made === undefined).length).toBeLessThanOrEqual(2)
      }
      for (const { made, items: own } of blocks.blocks) expect([JSON.stringify(own), undefined]).toContain(made)
      items.sort((a, b) => a.rank - b.rank || a.id - b.id)
      expect(text()).toBe(JSON.stringify(items))
      blocks.remove({ rank: 1, id: -1 })
      expect(text()).toBe(JSON.stringify(items))
    }),
    { numRuns: 20 },
  )
})
