/**
 * How far a past goes along chains: a map from a chain to how many of its ops,
 * never changed once made. Few chains are a list. Many are a tree, and trees share
 * what they have in common: so no shape of history makes them grow with its length.
 */

/** Slots of a node: 2 ** BITS. */
const BITS = 3
const MASK = 7

/** Chains in a list, at most: as many as one node has slots. */
const FEW = 8

/** Chain, count, chain, count and so on, by chain. */
type List = readonly number[]

/** For each chain (its number says the way down), how many of its ops; 0: none. */
type Node = ReadonlyArray<Node | number>

interface Tree {
  readonly height: number
  readonly root: Node
}

export type Reach = List | Tree

/** How many of a chain's ops. */
export function countOf (reach: Reach, chain: number): number {
  if ('root' in reach) {
    return inTree(reach, chain)
  }

  for (let i = 0; i < reach.length; i += 2) {
    if (reach[i] === chain) {
      return reach[i + 1] as number
    }
  }

  return 0
}

/** @param count - 0 takes the chain out; undefined is what has none */
export function withCount (reach: Reach | undefined, chain: number, count: number): Reach | undefined {
  if (reach != null && 'root' in reach) {
    return setInTree(reach, chain, count)
  }

  const list = reach ?? []
  let i = 0

  while (i < list.length && (list[i] as number) < chain) {
    i += 2
  }

  const set = list.slice(0, i).concat(count === 0 ? [] : [chain, count], list.slice(list[i] === chain ? i + 2 : i))

  return set.length === 0 ? undefined : set.length > 2 * FEW ? treeOf(set) : set
}

/** All of both: one of them itself, where that has all. */
export function union (a: Reach | undefined, b: Reach | undefined): Reach | undefined {
  if (a == null || b == null || a === b) {
    return a ?? b
  }

  if ('root' in a) {
    return 'root' in b ? unionOfTrees(a, b) : withList(a, b)
  }

  return 'root' in b ? withList(b, a) : unionOfLists(a, b)
}

export function eachCount (reach: Reach, tell: (chain: number, count: number) => void): void {
  if ('root' in reach) {
    visit(reach.root, reach.height, 0, tell)
  } else {
    for (let i = 0; i < reach.length; i += 2) {
      tell(reach[i] as number, reach[i + 1] as number)
    }
  }
}

function unionOfLists (a: List, b: List): Reach {
  const merged: number[] = []
  let isA = true
  let isB = true

  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const one = a[i] ?? Infinity
    const other = b[j] ?? Infinity
    const inA = one <= other ? a[i + 1] as number : 0
    const inB = other <= one ? b[j + 1] as number : 0
    merged.push(Math.min(one, other), Math.max(inA, inB))
    isA &&= inA >= inB
    isB &&= inB >= inA
    i += inA > 0 ? 2 : 0
    j += inB > 0 ? 2 : 0
  }

  // a copy takes no more than it holds
  return isA ? a : isB ? b : merged.length > 2 * FEW ? treeOf(merged) : merged.slice()
}

function treeOf (list: List): Tree {
  return withList({ height: 0, root: EMPTY }, list)
}

function withList (tree: Tree, list: List): Tree {
  let all = tree

  eachCount(list, (chain, count) => {
    if (inTree(all, chain) < count) {
      all = setInTree(all, chain, count) as Tree
    }
  })

  return all
}

function inTree ({ height, root }: Tree, chain: number): number {
  if (chain >>> (BITS * (height + 1)) !== 0) {
    return 0
  }

  let node: Node | number = root

  for (let level = height; level >= 0; level--) {
    node = (node as Node)[(chain >>> (BITS * level)) & MASK] ?? 0

    if (node === 0) {
      return 0
    }
  }

  return node as number
}

const EMPTY: Node = [0, 0, 0, 0, 0, 0, 0, 0]

function setInTree (tree: Tree, chain: number, value: number): Tree | undefined {
  let { height, root } = tree

  while (chain >>> (BITS * (height + 1)) !== 0) {
    root = [root, 0, 0, 0, 0, 0, 0, 0]
    height++
  }

  const changed = put(root, height, chain, value)

  return changed === 0 ? undefined : { height, root: changed }
}

function put (node: Node | number, level: number, chain: number, value: number): Node | 0 {
  const copy = (node === 0 ? EMPTY : node as Node).slice()
  const slot = (chain >>> (BITS * level)) & MASK
  copy[slot] = level === 0 ? value : put(copy[slot] ?? 0, level - 1, chain, value)

  return copy.every(part => part === 0) ? 0 : copy
}

function unionOfTrees (a: Tree, b: Tree): Tree {
  const height = Math.max(a.height, b.height)
  const root = merge(raised(a, height), raised(b, height), height) as Node

  return root === a.root ? a : root === b.root ? b : { height, root }
}

function raised ({ height, root }: Tree, to: number): Node {
  return height === to ? root : raised({ height: height + 1, root: [root, 0, 0, 0, 0, 0, 0, 0] }, to)
}

/** Gives one of both itself where that has all: so pasts share what is equal. */
function merge (a: Node | number, b: Node | number, level: number): Node | number {
  if (a === b || b === 0) {
    return a
  }

  if (a === 0) {
    return b
  }

  if (level < 0) {
    return Math.max(a as number, b as number)
  }

  const one = a as Node
  const other = b as Node
  const merged = EMPTY.slice()
  let isOne = true
  let isOther = true

  for (let slot = 0; slot <= MASK; slot++) {
    const part = merge(one[slot] as Node | number, other[slot] as Node | number, level - 1)
    isOne &&= part === one[slot]
    isOther &&= part === other[slot]
    merged[slot] = part
  }

  return isOne ? one : isOther ? other : merged
}

function visit (node: Node, level: number, before: number, tell: (chain: number, count: number) => void): void {
  for (let slot = 0; slot <= MASK; slot++) {
    const part = node[slot] as Node | number
    const chain = before + slot * 2 ** (BITS * level)

    if (part !== 0 && level === 0) {
      tell(chain, part as number)
    } else if (part !== 0) {
      visit(part as Node, level - 1, chain, tell)
    }
  }
}
