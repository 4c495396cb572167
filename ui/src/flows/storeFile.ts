import { blake3 } from '@noble/hashes/blake3.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { Away, Refused, type Problem } from '../api/client'

/** Stores the bytes of a file under their digest, and gives the address that a run takes for it. */
export async function storeFile(file: File): Promise<string> {
  const digest = await digestOf(file)
  const answer = await fetch(`/api/v1/blobs/${digest}`, { method: 'PUT', body: file, headers: { 'Content-Type': 'application/octet-stream' } }).catch(() => null)
  if (answer === null) throw new Away('the server does not answer')
  if (!answer.ok) throw new Refused((await answer.json()) as Problem)
  return `dalsegno://${digest}/${encodeURIComponent(file.name)}`
}

/** The BLAKE3 digest of a file, part by part: it may be larger than the memory. */
async function digestOf(file: File): Promise<string> {
  const hash = blake3.create()
  const reader = file.stream().getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) hash.update(part.value)
  return bytesToHex(hash.digest())
}
