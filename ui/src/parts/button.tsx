import type { ComponentProps } from 'react'
import { OUTLINES } from './outlines'
import { Icon } from './marks'

/** A button with an icon alone: it says what it does, and by which key. */
export function IconButton({
  icon,
  label,
  hint,
  small,
  className,
  ...rest
}: { icon: keyof typeof OUTLINES; label: string; hint?: string; small?: boolean } & ComponentProps<'button'>) {
  return (
    <button
      type="button"
      className={`icon-btn${small ? ' xs' : ''}${className ? ` ${className}` : ''}`}
      aria-label={label}
      title={hint ? `${label} (${hint})` : label}
      {...rest}
    >
      <Icon name={icon} size={small ? 14 : 16} />
    </button>
  )
}
