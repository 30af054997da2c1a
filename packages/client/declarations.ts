import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROUTER = fileURLToPath(new URL('src/router.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const { TypeFlags, SymbolFlags } = ts

/**
 * The types of `src/router.ts` written out in full: each procedure with its input and its answer, and nothing that
 * would need the server's packages.
 *
 * @throws Error for a type that JSON cannot carry
 */
export const declareRouter = (): string => {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file))
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT)
  const program = ts.createProgram([ROUTER], options)
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(ROUTER)
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${ROUTER} exports nothing`)

  const typeOf = (name: string) => {
    const symbol = checker.getExportsOfModule(module).find((one) => one.name === name)
    if (!symbol) throw new Error(`${ROUTER} does not export ${name}`)
    return checker.getDeclaredTypeOfSymbol(symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol)
  }
  const property = (type: ts.Type, ...names: string[]): ts.Type =>
    names.reduce((at, name) => {
      const symbol = at.getProperty(name)
      if (!symbol) throw new Error(`a procedure without ${names.join('.')}`)
      return checker.getTypeOfSymbol(symbol)
    }, type)

  const members = (type: ts.Type, print: (type: ts.Type, place: string) => string, place: string) =>
    type.getProperties().map((symbol) => {
      const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
      const comment = text && `/** ${text.replaceAll('\n', ' ')} */\n`
      const name = /^[A-Za-z_$][\w$]*$/.test(symbol.name) ? symbol.name : JSON.stringify(symbol.name)
      const isOptional = symbol.flags & SymbolFlags.Optional
      const value = print(checker.getTypeOfSymbol(symbol), `${place}.${symbol.name}`)
      return `${comment}${name}${isOptional ? '?' : ''}: ${value}`
    })

  const PLAIN = TypeFlags.StringLike | TypeFlags.NumberLike | TypeFlags.BooleanLike | TypeFlags.AnyOrUnknown
  const NOTHING = TypeFlags.Null | TypeFlags.Undefined | TypeFlags.Void | TypeFlags.Never

  const printValue = (type: ts.Type, place: string): string => {
    if (type.flags & (PLAIN | NOTHING) && !type.isUnion()) return checker.typeToString(type)
    if (type.isUnion()) return printUnion(type, place)
    if (checker.isTupleType(type) || checker.isArrayType(type)) {
      const elements = checker.getTypeArguments(type as ts.TypeReference).map((one) => printValue(one, `${place}[]`)) // both are references
      return checker.isTupleType(type) ? `[${elements.join(', ')}]` : `(${elements.join()})[]`
    }
    const isObject = type.flags & (TypeFlags.Object | TypeFlags.Intersection)
    if (!isObject || type.getCallSignatures().length > 0 || type.symbol?.name === 'Date')
      throw new Error(`${place} is ${checker.typeToString(type)}, which JSON cannot carry`)
    const indexes = checker.getIndexInfosOfType(type).map(({ keyType, type: value }) => {
      return `[key: ${checker.typeToString(keyType)}]: ${printValue(value, `${place}[]`)}`
    })
    return `{\n${[...members(type, printValue, place), ...indexes].join('\n')}\n}`
  }

  let reasons = ''
  const printUnion = (type: ts.UnionType, place: string): string => {
    const isBoolean = type.types.filter((one) => one.flags & TypeFlags.BooleanLiteral).length === 2
    const printed = type.types
      .toSorted((a, b) => (a.flags & NOTHING) - (b.flags & NOTHING))
      .map((one) => (isBoolean && one.flags & TypeFlags.BooleanLiteral ? 'boolean' : printValue(one, place)))
    const text = [...new Set(printed)].join(' | ')
    return text === reasons ? 'Reason' : text
  }

  const KINDS: Record<string, string> = { '"query"': 'Query', '"mutation"': 'Mutation' }

  const printRecord = (type: ts.Type, place: string): string => {
    const definition = type.getProperty('_def')
    if (!definition) return `{\n${members(type, printRecord, place).join('\n')}\n}`
    const kind = KINDS[checker.typeToString(property(type, '_def', 'type'))]
    if (!kind) throw new Error(`${place} is neither query nor mutation`)
    const input = printValue(property(type, '_def', '$types', 'input'), `${place} input`)
    const output = printValue(property(type, '_def', '$types', 'output'), `${place} output`)
    return `${kind}<${input}, ${output}>`
  }

  reasons = printValue(typeOf('Reason'), 'Reason')
  const router = typeOf('AppRouter')
  const errorShape = property(router, '_def', '_config', '$types', 'errorShape')
  return indent(`import type { TRPCBuiltRouter, TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server'

type Query<Input, Output> = TRPCQueryProcedure<{ input: Input; output: Output; meta: object }>
type Mutation<Input, Output> = TRPCMutationProcedure<{ input: Input; output: Output; meta: object }>
type Root = { ctx: object; meta: object; transformer: false; errorShape: ${printValue(errorShape, 'error')} }

/** Why a request was refused. */
export type Reason = ${reasons}

/** Every procedure with its input and its answer. */
export type AppRouter = TRPCBuiltRouter<Root, ${printRecord(property(router, '_def', 'record'), 'router')}>
`)
}

const indent = (text: string) => {
  let depth = 0
  return text
    .split('\n')
    .map((line) => {
      if (/^[}>)]/.test(line)) depth -= 1
      const indented = line && '  '.repeat(depth) + line
      if (line.endsWith('{')) depth += 1
      return indented
    })
    .join('\n')
}
