import { mkdirSync, writeFileSync } from 'node:fs'
import { inWords, type Comparison } from './enumeration.ts'
import type { Side } from './rows.ts'

export type Figure = { perSecond: number; p50Ms: number; p99Ms: number; failed: number }

export type Line = {
  name: string
  sides: Partial<Record<Side | 'bare', Figure>>
  /** What was asked for, in words, and whether it was reached. */
  targets: { text: string; ratio: number | null; isMet: boolean }[]
}

export type Report = {
  at: string
  machine: Record<string, string | number | boolean>
  lines: Line[]
  enumeration: Comparison[]
  server: { readyMs: number; rssMb: number }
}

export const NAMES = { servai: 'servAI', floor: 'floor', floorCached: 'floor*', bare: 'bare argon2id' } as const
const HEADER = ['work', 'side', 'req/s', 'p50 ms', 'p99 ms', 'of floor', 'of floor*', 'target']

const integer = (value: number) => Math.round(value).toLocaleString('en')
const ratio = (value: number, of: Figure | undefined) => (of ? (value / of.perSecond).toFixed(2) : '')

const rowsOf = ({ name, sides, targets }: Line) => {
  const verdict = targets.map(({ text, isMet }) => `${text}: ${isMet ? 'met' : 'MISSED'}`).join('; ')
  return (Object.entries(sides) as [keyof typeof NAMES, Figure][]).map(([side, figure], index) => {
    const isOurs = side === 'servai'
    const failures = figure.failed > 0 ? ` (${(figure.failed * 100).toFixed(1)} % refused)` : ''
    return [
      index === 0 ? name : '',
      NAMES[side] + failures,
      integer(figure.perSecond),
      figure.p50Ms.toFixed(2),
      figure.p99Ms.toFixed(2),
      isOurs ? ratio(figure.perSecond, sides.floor ?? sides.bare) : '',
      isOurs ? ratio(figure.perSecond, sides.floorCached) : '',
      isOurs ? verdict : '',
    ]
  })
}

const markdownRow = (cells: string[]) => `| ${cells.join(' | ')} |`

const toMarkdown = (report: Report) => {
  const { machine, lines, enumeration, server } = report
  const table = [HEADER, HEADER.map(() => '---'), ...lines.flatMap(rowsOf)].map(markdownRow)
  return `# Benchmark of ${report.at.slice(0, 10)}

${Object.entries(machine)
  .map(([name, value]) => `${name}: ${value}`)
  .join(' · ')}

Floor: bare node:http, postgres.js with prepared statements, jose; no row-level security. Floor*: the same with verified tokens cached.
All sides run on this machine together with PostgreSQL and the load generator, one after the other within each round; medians of the rounds.

${table.join('\n')}

Server: ready in ${integer(server.readyMs)} ms; ${integer(server.rssMb)} MB resident at the end.${
    enumeration.length > 0
      ? `\n\nTime of answers, kinds of addresses in turn:\n\n${enumeration.map((each) => `- ${inWords(each)}`).join('\n')}`
      : ''
  }
`
}

export const printTable = (lines: Line[]) => {
  const rows = [HEADER, ...lines.flatMap(rowsOf)]
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
}

export const writeReport = (report: Report) => {
  const folder = new URL('results/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL('latest.json', folder), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(new URL('latest.md', folder), toMarkdown(report))
}
