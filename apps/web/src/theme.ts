import { Dark } from 'quasar'
import { readonly, ref } from 'vue'

/** `system` follows the device. */
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'servai.theme'
const PAGE_COLOUR = { light: '#F6F7F9', dark: '#0F1318' }
const device = matchMedia('(prefers-color-scheme: dark)')

const stored = (): Theme => {
  const value = localStorage.getItem(KEY)
  return value === 'light' || value === 'dark' ? value : 'system'
}

const chosen = ref<Theme>(stored())

const apply = () => {
  const shown = chosen.value === 'system' ? (device.matches ? 'dark' : 'light') : chosen.value
  document.documentElement.dataset['theme'] = shown
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', PAGE_COLOUR[shown])
  Dark.set(shown === 'dark')
}

export const theme = readonly(chosen)

export const setTheme = (value: Theme) => {
  chosen.value = value
  if (value === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, value)
  apply()
}

/** After Quasar is installed; keeps the page in step with the device and with the other tabs. */
export const startTheme = () => {
  apply()
  device.addEventListener('change', apply)
  window.addEventListener('storage', ({ key }) => {
    if (key !== KEY) return
    chosen.value = stored()
    apply()
  })
}
