/** Key under which numbers people give to homes sort as they expect: "2" < "10" < "10А" < "Г1". */
export const naturalKey = (text: string) =>
  text
    .trim()
    .toUpperCase()
    .replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(9, '0'))
