import { Menu } from '@mantine/core'
import { Icon } from '../parts/marks'
import { COLUMNS, type Column } from './columns'

/** Chooses the columns of the list. */
export function Columns({ chosen, turn }: { chosen: readonly Column[]; turn: (column: Column) => void }) {
  return (
    <Menu position="bottom-end" closeOnItemClick={false}>
      <Menu.Target>
        <button type="button" className="btn only-wide">
          <Icon name="columns" />
          Columns
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(COLUMNS) as Column[]).map((column) => (
          <Menu.Item key={column} role="menuitemcheckbox" aria-checked={chosen.includes(column)} onClick={() => turn(column)}>
            <span className="row">
              <span className={chosen.includes(column) ? 'box on' : 'box'} aria-hidden>
                {chosen.includes(column) && <Icon name="check" size={12} />}
              </span>
              {COLUMNS[column]}
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
