import { useState } from 'react'
import { many } from '../model/format'
import { foldedFrames, traceOf, type Frame } from '../model/trace'
import { copy } from '../parts/copy'
import { Icon } from '../parts/marks'

/** Where an error came from: the frames of one's own code, those of libraries folded between them. */
export function TraceView({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  const trace = traceOf(text)
  return (
    <details className="trace">
      <summary>Traceback</summary>
      <button type="button" className="btn quiet sm copy-trace" onClick={() => void copy(text).then(setCopied)} onBlur={() => setCopied(false)}>
        <Icon name={copied ? 'check' : 'copy'} size={14} />
        {copied ? 'Copied' : 'Copy the traceback'}
      </button>
      {trace === null ? (
        <pre tabIndex={0}>{text}</pre>
      ) : (
        <div className="frames">
          {foldedFrames(trace.frames).map((fold, at) =>
            fold.kind === 'own' ? (
              <FrameLine key={at} frame={fold.frame} />
            ) : (
              <details key={at} className="foreign">
                <summary>{many(fold.frames.length, 'frame')} of libraries</summary>
                {fold.frames.map((frame, index) => (
                  <FrameLine key={index} frame={frame} />
                ))}
              </details>
            ),
          )}
          <p className="mono said">{trace.said}</p>
        </div>
      )}
    </details>
  )
}

function FrameLine({ frame }: { frame: Frame }) {
  return (
    <div className="frame">
      <span className="row">
        <span className="mono strong cut">{frame.name || 'module'}</span>
        <span className="muted cut" title={frame.file}>
          {frame.file.split(/[\\/]/).slice(-2).join('/')}, line {frame.line}
        </span>
      </span>
      {frame.code && <code className="cut">{frame.code}</code>}
    </div>
  )
}
