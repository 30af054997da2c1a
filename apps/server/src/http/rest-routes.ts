import type { HttpMethod } from '@servai/api/trpc'
import type { Procedure } from './procedures.ts'

export type RestRoute = {
  procedure: Procedure
  method: HttpMethod
  /** `/api/v1/property/units/{id}` */
  template: string
  /** Names of its path parameters. */
  parameters: string[]
}

export const REST_BASE = '/api/v1'
const PARAMETER = /^\{(\w+)\}$/

const routeOf = (procedure: Procedure): RestRoute[] => {
  const { rest } = procedure.meta
  if (!rest) return []
  const parameters = rest.path.split('/').flatMap((segment) => PARAMETER.exec(segment)?.[1] ?? [])
  return [{ procedure, method: rest.method, template: `${REST_BASE}${rest.path}`, parameters }]
}

type Node = {
  literal: Map<string, Node>
  parameter: Node | undefined
  methods: Map<string, RestRoute>
}

export type RestMatch = {
  methods: ReadonlyMap<string, RestRoute>
  /** Values of the path parameters in their order, as sent. */
  values: string[]
}

const newNode = (): Node => ({ literal: new Map(), parameter: undefined, methods: new Map() })

const childOf = (node: Node, segment: string): Node => {
  if (PARAMETER.test(segment)) return (node.parameter ??= newNode())
  const child = node.literal.get(segment) ?? newNode()
  node.literal.set(segment, child)
  return child
}

/** @throws Error where two procedures claim one address */
export const createRestRoutes = (procedures: Iterable<Procedure>) => {
  const routes = [...procedures].flatMap(routeOf)
  const root = newNode()
  for (const route of routes) {
    const node = route.template
      .slice(REST_BASE.length + 1)
      .split('/')
      .reduce(childOf, root)
    const taken = node.methods.get(route.method)
    if (taken)
      throw new Error(
        `${route.procedure.name} and ${taken.procedure.name} both claim ${route.method} ${route.template}`,
      )
    node.methods.set(route.method, route)
  }

  /** A literal segment wins over a parameter. */
  const find = (node: Node, segments: readonly string[], values: string[]): RestMatch | null => {
    const [segment, ...rest] = segments
    if (segment === undefined) return node.methods.size > 0 ? { methods: node.methods, values } : null
    const literal = node.literal.get(segment)
    const found = literal ? find(literal, rest, values) : null
    return found ?? (node.parameter && segment ? find(node.parameter, rest, [...values, segment]) : null)
  }

  return {
    routes,
    /** @param path with its base, percent-encoded */
    match: (path: string) => find(root, path.slice(REST_BASE.length + 1).split('/'), []),
  }
}

export type RestRoutes = ReturnType<typeof createRestRoutes>
