import { buildCompany, buildComplex } from '@servai/db/test/factories'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixture, importer, type Importer } from '../../../test/imports.ts'
import { openRefusedFile } from './refused.ts'

let company: { id: string }
let me: Importer
beforeAll(async () => {
  company = await buildCompany()
  me = await importer(company)
})

const textOf = async (id: string, locale?: 'en' | 'ru' | 'bg') => {
  const { content } = await openRefusedFile(me.request(), { id, format: 'csv', locale })
  return (await bytesOf(content)).toString()
}
const bytesOf = async (content: AsyncIterable<Buffer>) => {
  const pieces: Buffer[] = []
  for await (const piece of content) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('the file of refused rows', () => {
  it('has exactly them under the headers of their file, and says what is wrong in the language asked for', async () => {
    const complex = await buildComplex({ company })
    const content = 'Building,Number,Area,Note\nA,1,40,\nA,,50,"=cmd|x"\nA,3,none,"-4, or so"\n'
    const { id } = await me.preview({ complexId: complex.id, name: 'my units.csv', content })
    expect(await textOf(id)).toBe(
      '\uFEFFBuilding,Number,Area,Note,What is wrong\r\n' +
        "A,,50,'=cmd|x,the number is missing\r\n" +
        'A,3,none,"\'-4, or so",the area is not a number: none\r\n',
    )
    expect(await textOf(id, 'bg')).toContain('Building;Number;Area;Note;Какво не е наред\r\n')
    expect((await openRefusedFile(me.request(), { id, format: 'xlsx' })).fileName).toBe('my units - errors.xlsx')
  })

  it.each(['csv', 'xlsx'] as const)(
    'as %s is refused for the same again, and good once it is mended',
    async (format) => {
      const complex = await buildComplex({ company })
      const given = { complexId: complex.id, name: 'units-bg.xlsx', content: await fixture('units-bg.xlsx') }
      const { id } = await me.load(given)
      const file = await openRefusedFile(me.request(), { id, format, locale: 'bg' })
      const content = await bytesOf(file.content)
      const again = await me.preview({ complexId: complex.id, name: file.fileName, content })
      expect(again).toMatchObject({ missing: [], counts: { rows: 4, refused: 3, unchanged: 0 } })
      if (format === 'xlsx') return
      const mended = content.toString().replace("'-4", '44').replace('н.д.', '55,5')
      const fixed = await me.load({ complexId: complex.id, name: file.fileName, content: mended })
      expect(fixed.counts).toMatchObject({ refused: 1 })
      expect(fixed.counts.created + fixed.counts.updated + fixed.counts.unchanged).toBe(3)
    },
  )

  it('is given to nobody else', async () => {
    const complex = await buildComplex({ company })
    const { id } = await me.preview({ complexId: complex.id, name: 'a.csv', content: 'Building,Number,Area\nA,1,\n' })
    const stranger = await importer(await buildCompany())
    await expect(openRefusedFile(stranger.request(), { id, format: 'csv' })).rejects.toMatchObject({
      reason: 'import.not_found',
    })
    const accountant = await importer(company, 'accountant')
    await expect(openRefusedFile(accountant.request(), { id, format: 'csv' })).rejects.toMatchObject({
      reason: 'auth.forbidden',
    })
  })
})
