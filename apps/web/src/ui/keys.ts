/** On an Apple keyboard the one with the clover leaf. */
const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

export const COMMAND_KEY = isApple ? '⌘ K' : 'Ctrl K'

/** Whether what is pressed is being typed somewhere, and therefore no shortcut. */
export const isTyped = ({ target }: KeyboardEvent) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
