import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'

interface Props {
  title: string
  /** What the button does, in words. */
  does: string
  danger?: boolean
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** Says what something will do, before it is done. */
export function Confirm({ title, does, danger, onConfirm, onClose, children }: Props) {
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 0 }}>
      <div className="confirm">
        {children}
        <div className="row">
          <span className="grow" />
          <button type="button" className="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className={danger ? 'btn danger' : 'btn primary'} data-autofocus onClick={onConfirm}>
            {does}
          </button>
        </div>
      </div>
    </Modal>
  )
}
