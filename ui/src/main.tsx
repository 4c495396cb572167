import '@mantine/core/styles/baseline.css'
import '@mantine/core/styles/default-css-variables.css'
import '@mantine/core/styles/global.css'
import '@mantine/core/styles/ScrollArea.css'
import '@mantine/core/styles/UnstyledButton.css'
import '@mantine/core/styles/Paper.css'
import '@mantine/core/styles/Popover.css'
import '@mantine/core/styles/CloseButton.css'
import '@mantine/core/styles/Group.css'
import '@mantine/core/styles/Input.css'
import '@mantine/core/styles/InlineInput.css'
import '@mantine/core/styles/Combobox.css'
import '@mantine/core/styles/Pill.css'
import '@mantine/core/styles/PillsInput.css'
import '@mantine/core/styles/Switch.css'
import '@mantine/core/styles/Checkbox.css'
import '@mantine/core/styles/Menu.css'
import '@mantine/core/styles/ModalBase.css'
import '@mantine/core/styles/Overlay.css'
import '@mantine/core/styles/Modal.css'
import '@mantine/core/styles/Drawer.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/states.css'
import './styles/frame.css'
import './styles/head.css'
import './styles/gantt.css'
import './styles/panel.css'
import './styles/tables.css'
import './styles/sheet.css'
import './styles/diff.css'
import './styles/app.css'
import './styles/palette.css'
import './styles/results.css'
import './styles/small.css'

import { MantineProvider, createTheme } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Away, Refused } from './api/client'
import { server } from './api/live'
import { session } from './api/session'
import { makeRouter } from './router'

const toDs = {
  '--mantine-color-body': 'var(--ds-canvas)',
  '--mantine-color-text': 'var(--ds-ink)',
  '--mantine-color-dimmed': 'var(--ds-ink-3)',
  '--mantine-color-placeholder': 'var(--ds-ink-3)',
  '--mantine-color-default': 'var(--ds-surface)',
  '--mantine-color-default-hover': 'var(--ds-hover)',
  '--mantine-color-default-color': 'var(--ds-ink)',
  '--mantine-color-default-border': 'var(--ds-line-control)',
  '--mantine-color-anchor': 'var(--ds-accent)',
  '--mantine-color-error': 'var(--ds-failed-ink)',
}

const theme = createTheme({
  fontFamily: 'var(--ds-font)',
  fontFamilyMonospace: 'var(--ds-mono)',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '18px', md: '20px', lg: '22px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '20px' },
  defaultRadius: '6px',
  respectReducedMotion: true,
  cursorType: 'pointer',
})

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // what the server has refused it will refuse again
      retry: (failures, error) => !(error instanceof Refused) && failures < 1,
      staleTime: 2000,
      refetchOnWindowFocus: false,
    },
  },
})
client.getQueryCache().subscribe((event) => {
  if (event.type !== 'updated') return
  if (event.action.type === 'success' && !event.action.manual) server.is('live')
  if (event.action.type === 'error' && event.action.error instanceof Refused && event.action.error.problem.status === 401) session.need(true)
  if (event.action.type === 'error' && event.query.state.error instanceof Away) server.is('away')
})

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={() => ({ variables: {}, light: toDs, dark: toDs })}>
        <QueryClientProvider client={client}>
          <RouterProvider router={makeRouter()} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
}
