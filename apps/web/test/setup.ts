import { config } from '@vue/test-utils'
import { Quasar } from 'quasar'
import { showLocale } from '../src/i18n/i18n.ts'

// Quasar reads it while it installs; happy-dom has none.
const orientation = Object.assign(new EventTarget(), { type: 'portrait-primary' })
Object.defineProperty(window.screen, 'orientation', { value: orientation, configurable: true })

config.global.plugins.push([Quasar, {}])

// What the server says is understood where there are words for it.
await showLocale('en')
