// Blocking and outside the bundle: theme and language have to be right before the first paint.
{
  const stored = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const root = document.documentElement
  const theme = stored('servai.theme')
  const isDark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = isDark ? 'dark' : 'light'
  document.querySelector('meta[name="theme-color"]').content = isDark ? '#0F1318' : '#F6F7F9'
  const known = ['en', 'ru', 'bg']
  const wanted = [stored('servai.locale'), ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase())
  root.lang = wanted.find((tag) => known.includes(tag)) ?? 'en'
  // The content security policy forbids eval: zod must not even probe for it.
  globalThis.__zod_globalConfig = { jitless: true }
}
