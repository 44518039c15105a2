package pane

import (
	"fmt"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/viewer"
)

const (
	// maxLogs is how many lines are kept, maxMessage how long each may be, in bytes: 80 MiB
	// at the very most, and some megabytes of usual logs.
	maxLogs    = 20_000
	maxMessage = 4096
)

// logPane shows what containers write.
type logPane struct {
	stream
	topic feed.Logs
	// held are the lines of the viewer as they came, to say them in another way.
	held    []logged
	prefix  prefixes
	times   bool
	started bool
	ended   bool
	// note is what was said about the logs last, while no line came after it; notes counts
	// all of them.
	note  string
	notes int
}

// logged is a line of a container, or, without a pod, something about the logs themselves.
type logged struct {
	feed.LogLine
	about bool
}

// newLogs shows the logs of an owner, a step or a pod.
func newLogs(t Target) (screen.Screen, string) {
	switch t.Owner.Kind {
	case v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery:
		return nil, "a blueprint has no logs; open an owner that goes through it"
	}
	if t.Owner.Name == "" {
		return nil, "logs are those of an owner, and there is none here"
	}
	topic, what := feed.Logs{Owner: t.Owner, Step: t.Step}, t.Owner.Name
	if t.Step != "" {
		what = "step " + t.Step
	}
	if t.Ref.Kind == "Pod" && t.Ref.Name != "" {
		topic.Pod, what = t.Ref.Name, "pod "+t.Ref.Name
	}
	return &logPane{stream: newStream("the logs of "+table.Cell(what), maxLogs), topic: topic}, ""
}

// Title tells what is read.
func (p *logPane) Title() string {
	title := "logs"
	if p.topic.Previous {
		title = "previous logs"
	}
	switch {
	case p.topic.Pod != "":
		title += " of " + table.Cell(p.topic.Pod)
	case p.topic.Step != "":
		title += " of " + table.Cell(p.topic.Step)
	default:
		title += " of " + table.Cell(p.topic.Owner.Name)
	}
	return title
}

// Init follows the logs.
func (p *logPane) Init(env *screen.Env) tea.Cmd { return p.again(env) }

// again reads from the beginning.
func (p *logPane) again(env *screen.Env) tea.Cmd {
	p.held, p.prefix = nil, prefixes{}
	p.started, p.ended, p.note, p.notes = false, false, "", 0
	return p.begin(env, p.topic)
}

// Update takes a message.
func (p *logPane) Update(env *screen.Env, msg tea.Msg) tea.Cmd {
	if delivery, ok := msg.(feed.Delivery); ok {
		if delivery.ID == p.id {
			p.delivered(env, delivery.Payload)
		}
		return nil
	}
	if refreshed(msg) {
		return p.again(env)
	}
	switch p.pressed(msg, keys.LogKeys) {
	case keys.Follow:
		p.follow()
	case keys.Timestamps:
		p.times = !p.times
		p.restate(env)
	case keys.Earlier:
		p.topic.Previous = !p.topic.Previous
		return p.again(env)
	default:
		return p.passed(msg)
	}
	return nil
}

func (p *logPane) delivered(env *screen.Env, payload any) {
	switch d := payload.(type) {
	case feed.Fault:
		p.fault = &d
	case feed.LogLines:
		if p.fault != nil { // it was tried again, from the beginning
			p.held, p.fault, p.unseen = nil, nil, 0
			p.view.Clear()
		}
		p.take(env, d)
	}
}

func (p *logPane) take(env *screen.Env, d feed.LogLines) {
	var more []logged
	about := func(text string) {
		more = append(more, logged{LogLine: feed.LogLine{Message: text}, about: true})
	}
	if d.Dropped > 0 {
		about(fmt.Sprintf("%d lines came faster than they can be shown, and are left out", d.Dropped))
	}
	if d.Note != "" {
		p.note, p.notes = table.OneLine(d.Note), p.notes+1
		about(p.note)
	}
	for _, line := range d.Lines {
		line.Message = legible(line.Message)
		more = append(more, logged{LogLine: line})
	}
	if len(d.Lines) > 0 {
		p.started, p.note = true, "" // it stands above its lines
	}
	if d.Ended && !p.ended {
		p.ended = true
		about("the logs end here")
	}
	if p.prefix.see(d.Lines, env.Width, env.Theme.Unicode) {
		p.restate(env)
	}
	p.held = append(p.held, more...)
	if excess := len(p.held) - maxLogs; excess > 0 {
		clear(p.held[:excess])
		p.held = p.held[excess:]
	}
	lines := make([]viewer.Line, len(more))
	for i := range more {
		lines[i] = p.say(env, &more[i])
	}
	p.view.Append(lines...)
	p.came(len(lines))
}

// restate says all lines anew, because what stands before them changed.
func (p *logPane) restate(env *screen.Env) {
	lines := make([]viewer.Line, len(p.held))
	for i := range p.held {
		lines[i] = p.say(env, &p.held[i])
	}
	p.view.Restate(p.view.Top(), lines)
}

const (
	clock     = "15:04:05.000"
	noClock   = "            "
	afterward = " " // behind the time
)

// say is a line as it is shown.
func (p *logPane) say(env *screen.Env, l *logged) viewer.Line {
	if l.about {
		return viewer.Say(viewer.Busy, "--- "+l.Message+" ---")
	}
	var at string
	if p.times {
		if at = noClock + afterward; !l.Time.IsZero() {
			at = l.Time.In(env.Now.Location()).Format(clock) + afterward
		}
	}
	name := p.prefix.of(l.Step, l.Pod, l.Container)
	line := viewer.Line{Text: at + name.text + l.Message}
	if at != "" {
		line.Spans = append(line.Spans, viewer.Span{From: 0, To: len(at), Look: viewer.Faint})
	}
	if name.text != "" {
		line.Spans = append(line.Spans, viewer.Span{From: len(at), To: len(at) + len(name.text), Look: viewer.Step(name.look)})
	}
	return line
}

// colours of a terminal, and links; other sequences are shown as what they are, for they
// could hide text.
var colours = regexp.MustCompile("\x1b\\[[0-9;:]*m|\x1b\\[K|\x1b\\]8;[^\x07\x1b]*(?:\x07|\x1b\\\\)")

// legible is a message without colours of its own, which would say something else here, and
// not longer than anybody reads.
func legible(message string) string {
	if strings.IndexByte(message, '\x1b') >= 0 {
		message = colours.ReplaceAllString(message, "")
	}
	message = strings.TrimRight(message, "\r\n")
	if strings.IndexByte(message, '\r') >= 0 { // progress that was drawn over itself
		message = strings.ReplaceAll(message, "\r", " ")
	}
	if len(message) <= maxMessage {
		return message
	}
	kept := strings.ToValidUTF8(message[:maxMessage], "")
	return fmt.Sprintf("%s... [%d bytes cut]", kept, len(message)-len(kept))
}

// View draws the logs, below what is to be known of them.
func (p *logPane) View(env *screen.Env) string {
	head := p.trouble()
	if p.note != "" && p.started {
		head = append(head, viewer.Say(viewer.Busy, p.note))
	}
	if p.view.Len() == 0 && len(head) == 0 {
		head = append(head, viewer.Say(viewer.Faint, "no lines yet"))
	}
	return p.draw(env, head)
}

// Keys of logs.
func (p *logPane) Keys() []keys.Group { return p.keys(keys.LogKeys) }

// Status says where in the logs it is.
func (p *logPane) Status(*screen.Env) string {
	var more []string
	if only := p.prefix.only(); only != "" {
		more = append(more, only)
	}
	switch {
	case p.notes == 1:
		more = append(more, "1 note")
	case p.notes > 1:
		more = append(more, fmt.Sprintf("%d notes", p.notes))
	}
	if p.ended {
		more = append(more, "ended")
	}
	return p.status(strings.Join(more, ", "))
}
