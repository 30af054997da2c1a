import { SaxesParser } from 'saxes'
import { FileRefused } from './sheet.ts'

export type Tag = { name: string; attributes: Record<string, string> }
export type Handlers = { open?: (tag: Tag) => void; close?: (name: string) => void; text?: (text: string) => void }

export const withoutPrefix = (name: string) => name.slice(name.indexOf(':') + 1)

export const attribute = ({ attributes }: Tag, name: string) =>
  attributes[name] ?? Object.entries(attributes).find(([key]) => withoutPrefix(key) === name)?.[1]

/**
 * Element names come without their prefix. A document type, the way to entities, is refused.
 *
 * @throws FileRefused import.unreadable, import.suspicious, also from `write` and `close`
 */
export const createParser = ({ open, close, text }: Handlers) => {
  const parser = new SaxesParser()
  parser.on('error', (cause) => {
    throw new FileRefused('import.unreadable', { cause })
  })
  parser.on('doctype', () => {
    throw new FileRefused('import.suspicious')
  })
  if (open) parser.on('opentag', (tag) => open({ name: withoutPrefix(tag.name), attributes: tag.attributes }))
  if (close) parser.on('closetag', (tag) => close(withoutPrefix(tag.name)))
  if (text) parser.on('text', text)
  if (text) parser.on('cdata', text)
  return parser
}

/** @throws FileRefused import.unreadable for bytes that are no text, and what the pieces throw */
export async function* textOf(pieces: AsyncIterable<Buffer>) {
  let decoder: TextDecoder | undefined
  const decode = (piece?: Buffer) => {
    decoder ??= new TextDecoder(piece?.[0] === 0xff || piece?.[0] === 0xfe ? 'utf-16' : 'utf-8', { fatal: true })
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode()
    } catch (error) {
      throw new FileRefused('import.unreadable', { cause: error })
    }
  }
  for await (const piece of pieces) yield decode(piece)
  yield decode()
}

export const parseXml = async (pieces: AsyncIterable<Buffer>, handlers: Handlers) => {
  const parser = createParser(handlers)
  for await (const text of textOf(pieces)) parser.write(text)
  parser.close()
}
