// `pnpm new:slice meters` writes the files of a slice; they compile, and the walls know them from the first minute.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
