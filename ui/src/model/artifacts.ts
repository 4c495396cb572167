import { count, size as sizeOf } from './format'

/** The record of a stored value or file, as the API tells it. */
export interface Stored {
  id: string
  digest: string
  kind: string
  name: string
  size: number
  output: string | null
  summary: Record<string, unknown>
}

const FORMATS: Record<string, string> = {
  parquet: 'Parquet', csv: 'CSV', tsv: 'TSV', ion: 'Ion', avro: 'Avro', json: 'JSON', jsonl: 'JSON lines', ndjson: 'JSON lines', arrow: 'Arrow',
  arrows: 'Arrow', feather: 'Feather', txt: 'Text', md: 'Markdown', png: 'PNG', jpg: 'JPEG', jpeg: 'JPEG', gif: 'GIF', webp: 'WebP', zip: 'ZIP',
  gz: 'gzip', pdf: 'PDF', npy: 'numpy array', yaml: 'YAML', yml: 'YAML', html: 'HTML', xml: 'XML', log: 'Log',
}

/** Says what kind of thing is stored: the format of a file, the type of a value. */
export function kindOf({ kind, name, summary }: Pick<Stored, 'kind' | 'name' | 'summary'>): string {
  if (kind === 'file') {
    const end = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
    return name.includes('.') ? (FORMATS[end] ?? `.${end} file`) : 'File'
  }
  const type = typeof summary.type === 'string' ? summary.type : kind
  if (kind === 'pickle') return `${shortType(type)}, pickled`
  return kind === 'json' ? (type === 'json' ? 'JSON' : shortType(type)) : kind
}

const shortType = (type: string): string => type.replace(/^builtins\./, '')

/** Says how much is stored, in words: rows and columns, a shape, a number of items; and bytes. */
export function muchOf({ size, summary }: Pick<Stored, 'size' | 'summary'>, rows: number | null = null): string {
  const parts: string[] = []
  const number = (name: string): number | null => (typeof summary[name] === 'number' ? summary[name] : null)
  const total = rows ?? number('rows')
  if (total !== null) parts.push(`${count(total)} ${total === 1 ? 'row' : 'rows'}`)
  if (number('columns') !== null) parts.push(`${count(number('columns') ?? 0)} columns`)
  if (Array.isArray(summary.shape)) parts.push([summary.shape.length === 0 ? 'one number' : summary.shape.join(' × '), summary.dtype].filter(Boolean).join(' '))
  if (number('width') !== null && number('height') !== null) parts.push(`${number('width')} × ${number('height')} pixels`)
  if (parts.length === 0 && number('length') !== null) parts.push(`${count(number('length') ?? 0)} items`)
  const bytes = size > 0 ? size : number('size')
  if (bytes !== null && bytes > 0) parts.push(sizeOf(bytes))
  return parts.join(', ')
}

/** Whether the type of a column is one of numbers, which stand at the right. */
export const isNumeric = (type: string | null): boolean => type !== null && /^(u?int|float|double|decimal|halffloat|number|long)/i.test(type)

/** The digest in groups that can be read out: its first twelve digits. */
export const shortDigest = (digest: string): string => digest.slice(0, 12).replace(/(.{4})(?=.)/g, '$1 ')

/** Whether a file may be a table, so that it is worth asking how many rows it has. */
export const isTable = ({ kind, name }: Pick<Stored, 'kind' | 'name'>): boolean => kind === 'file' && /\.(parquet|csv|tsv|ion|avro|arrows?|feather|jsonl|ndjson)$/i.test(name)

/** Finds the record that a value of an output refers to: by its URI or digest, else the only one of that output. */
export function storedFor<T extends Stored>(records: readonly T[], output: string | null, value: unknown): T | null {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  const named = records.find((each) => text.includes(each.digest) || text.includes(each.id))
  if (named) return named
  const same = output === null ? [] : records.filter((each) => each.output === output && each.kind !== 'file')
  return same.length === 1 ? (same[0] ?? null) : null
}
