import { expect, it } from 'vitest'
import { z } from 'zod'
import { failureOf, RequestError } from '../../errors.ts'
import { useRowForm } from './useRowForm.ts'

type Row = { id: string; version: number; name: string; city: string }

const schema = z.strictObject({ name: z.string().min(1), city: z.string() })

/** A server that holds one row and refuses a change of another version than its own. */
const serve = (stored: Row) => {
  const server = { stored }
  const done: Row[] = []
  const form = useRowForm({
    name: `row-${crypto.randomUUID()}`,
    row: { ...stored },
    schema,
    toValues: ({ name, city }: Row) => ({ name, city }),
    empty: { name: '', city: '' },
    toInput: (values) => values,
    update: async ({ version }, input) => {
      if (version !== server.stored.version)
        throw new RequestError(
          failureOf(
            {
              reason: 'property.version_conflict',
              conflict: {
                current: server.stored,
                changedBy: { name: 'Ana' },
                changedAt: '2026-11-21T08:00:00.000Z',
              },
            },
            409,
          ),
        )
      server.stored = { ...server.stored, ...input, version: version + 1 }
      return server.stored
    },
    onDone: (row) => void done.push(row),
    labels: { name: 'Name', city: 'City' },
  })
  return { server, done, ...form }
}

const changedByAnother = async () => {
  const all = serve({ id: '1', version: 1, name: 'Old', city: 'Sofia' })
  all.form.values.name = 'Mine'
  all.server.stored = { id: '1', version: 2, name: 'Theirs', city: 'Varna' }
  await all.form.submit()
  return all
}

it('saves over the version the person saw', async () => {
  const { form, server, done, conflict } = serve({ id: '1', version: 7, name: 'Old', city: 'Sofia' })
  form.values.name = 'New'
  await form.submit()
  expect(server.stored).toEqual({ id: '1', version: 8, name: 'New', city: 'Sofia' })
  expect(done).toEqual([server.stored])
  expect(conflict.isOpen.value).toBe(false)
})

it('overwrites nobody: shows both sides, and of what was left alone only theirs', async () => {
  const { server, done, conflict } = await changedByAnother()
  expect(server.stored.name).toBe('Theirs')
  expect(done).toEqual([])
  expect(conflict.isOpen.value).toBe(true)
  expect(conflict.differences.value).toEqual([
    { field: 'name', label: 'Name', theirs: 'Theirs', yours: 'Mine' },
    { field: 'city', label: 'City', theirs: 'Varna', yours: null },
  ])
})

it('merges: what was typed, and theirs where nothing was, saved over their version at once', async () => {
  const { server, done, conflict } = await changedByAnother()
  expect(conflict.author.value).toMatchObject({ changedBy: { name: 'Ana' } })
  await conflict.merge()
  expect(server.stored).toEqual({ id: '1', version: 3, name: 'Mine', city: 'Varna' })
  expect(done).toEqual([server.stored])
})

it('merges field by field as chosen', async () => {
  const { server, conflict } = await changedByAnother()
  conflict.choose('name', 'theirs')
  await conflict.merge()
  expect(server.stored).toEqual({ id: '1', version: 3, name: 'Theirs', city: 'Varna' })
})

it('leads back to the form with what was chosen, not saved yet', async () => {
  const { form, server, conflict } = await changedByAnother()
  conflict.combine()
  expect(form.values).toEqual({ name: 'Mine', city: 'Varna' })
  expect(server.stored.version).toBe(2)
})

it('takes their version when asked to', async () => {
  const { form, conflict } = await changedByAnother()
  conflict.takeTheirs()
  expect(form.values).toEqual({ name: 'Theirs', city: 'Varna' })
  expect(form.failure.value).toBeNull()
  expect(conflict.isOpen.value).toBe(false)
})
