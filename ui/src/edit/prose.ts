/** Makes text of what the server or the docs say: backticks become code, and a line that is an example stands for itself. */
export function prose(text: string): HTMLElement {
  const box = document.createElement('div')
  for (const line of text.split('\n')) {
    const row = document.createElement('div')
    if (/^\{[{%].*[}%]\}/.test(line)) {
      row.className = 'said-example'
      row.textContent = line
    } else {
      for (const [index, part] of line.split('`').entries()) {
        const node = index % 2 === 1 ? document.createElement('code') : document.createElement('span')
        node.textContent = part
        row.append(node)
      }
    }
    box.append(row)
  }
  return box
}
