/** Addresses in the Endpoints of one Service (kube-controller-manager, maxCapacity). */
const CAPACITY = 1000

/** Of core/v1 Endpoints. */
export interface Subset {
  addresses?: object[]
  notReadyAddresses?: object[]
  ports?: object[]
}

/**
 * As many addresses as Endpoints may have: those that are ready before those that are not, and each subset its share of them, rounded
 * up while there is room (truncateEndpoints).
 */
export function withinCapacity(subsets: Subset[]): { subsets: Subset[]; isTruncated: boolean } {
  const ready = count(subsets, 'addresses')
  const waiting = count(subsets, 'notReadyAddresses')
  if (ready + waiting <= CAPACITY) return { subsets, isTruncated: false }
  if (ready <= CAPACITY) {
    return {
      subsets: shared(subsets, 'notReadyAddresses', { room: CAPACITY - ready, total: waiting }),
      isTruncated: true,
    }
  }
  const readyOnly = subsets.map(({ notReadyAddresses: _, ...subset }) => subset)
  return { subsets: shared(readyOnly, 'addresses', { room: CAPACITY, total: ready }), isTruncated: true }
}

type Field = 'addresses' | 'notReadyAddresses'

const count = (subsets: Subset[], field: Field): number =>
  subsets.reduce((sum, subset) => sum + (subset[field]?.length ?? 0), 0)

function shared(subsets: Subset[], field: Field, { room, total }: { room: number; total: number }): Subset[] {
  let left = room
  const kept = subsets.map((subset): Subset => {
    const { [field]: addresses = [], ...rest } = subset
    const share = addresses.slice(0, Math.min(left, Math.ceil((addresses.length / total) * room)))
    left -= share.length
    return { ...rest, ...(share.length > 0 && { [field]: share }) }
  })
  // One without addresses is not valid.
  return kept.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses)
}
