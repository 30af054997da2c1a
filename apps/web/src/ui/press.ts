let isDown = false

addEventListener('pointerdown', () => (isDown = true), true)
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => (isDown = false), true)

/** Now, or after the click that is being made: what appears meanwhile would move the button from under the pointer. */
export const afterPress = (work: () => void) => {
  if (isDown) addEventListener('pointerup', () => setTimeout(work), { once: true })
  else work()
}
