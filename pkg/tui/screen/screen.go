// Package screen is the contract between the full-screen program and what it shows, one
// screen on top of another.
//
// A screen is pure: the same messages draw the same picture. It reads no clock, no file and
// no cluster; time is Env.Now, and the cluster is asked through World, whose answers come
// back as messages.
package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// World is what a screen may ask for. Its methods return at once; what they return does the
// work outside of the program's loop.
type World interface {
	// Follow begins a subscription. Its messages are feed.Delivery with this ID.
	Follow(id feed.ID, topic feed.Topic) tea.Cmd
	// Stop ends a subscription; deliveries that are on their way may still come.
	Stop(id feed.ID) tea.Cmd
	// Do does something once; the message at its end is feed.Done.
	Do(action feed.Action) tea.Cmd
}

// Env is what all screens share at the time of a call.
type Env struct {
	// Width and Height of the room that the screen has, in cells.
	Width, Height int
	// Now is the present, to the second or better.
	Now   time.Time
	Theme *theme.Theme
	World World
	// Write is true when the cluster may be changed.
	Write bool
	// Program is how the person calls us: "kubectl carto".
	Program string
	// Namespace is the one in use; empty for all.
	Namespace string
	// Recent are the namespaces used last, without "all": the first has digit 1 in the
	// overview. At most nine; one keeps its digit while others come.
	Recent []string
	// Connection is how the API server answers.
	Connection feed.Connection

	last *feed.ID
	sent []tea.Msg
}

// Send gives the program a message of this package as soon as the call that it is made in
// ends: a key that was typed ahead goes to what the message puts on top. The command is
// nil, for callers that return one. What is only to be done later, such as Ask.Yes, is made
// by the function Send.
func (e *Env) Send(msg tea.Msg) tea.Cmd {
	e.sent = append(e.sent, msg)
	return nil
}

// Sent are the messages since it was asked last, for the program.
func (e *Env) Sent() []tea.Msg {
	sent := e.sent
	e.sent = nil
	return sent
}

// NewID is an identity for a subscription that no other has.
func (e *Env) NewID() feed.ID {
	if e.last == nil {
		e.last = new(feed.ID)
	}
	*e.last++
	return *e.last
}

// Screen is one thing to look at.
type Screen interface {
	// Title is the screen's part of the way that the header shows: "workloads",
	// "shop/cart", "logs".
	Title() string
	// Init is called when the screen is put on top for the first time.
	Init(env *Env) tea.Cmd
	// Update takes a message. Keys come as tea.KeyPressMsg, the mouse with the screen's own
	// coordinates, feed.Delivery to all screens, and Tick once a second to the one on top.
	Update(env *Env, msg tea.Msg) tea.Cmd
	// View draws exactly Env.Height lines of at most Env.Width cells, joined by newlines.
	View(env *Env) string
	// Keys that it takes, besides the global ones.
	Keys() []keys.Group
	// Status is one line for the header: counts, what is filtered. It may be empty.
	Status(env *Env) string
	// Typing is true while keys are text, so that no global key is taken away but ctrl-c.
	Typing() bool
	// Close gives up the subscriptions, when the screen is taken away.
	Close(env *Env) tea.Cmd
}

// Backer is a screen that can go back within itself: it clears a filter, leaves a search,
// closes a part. A screen that is Typing gets esc as a key instead.
type Backer interface {
	// Back is asked at esc. It returns true when the screen went back within itself, else
	// the screen is taken away. Update does not see this esc.
	Back(env *Env) bool
}

// Tick tells that time has passed.
type Tick struct{ Now time.Time }

// Push puts a screen on top.
type Push struct{ Screen Screen }

// Pop takes the top screen away. At the last one it does nothing.
type Pop struct{}

// Reset takes all screens away and begins with this one.
type Reset struct{ Screen Screen }

// OwnersOf puts the table of the owners of a blueprint on top. It is a message because the
// screen of an owner can not know the table, which opens it.
type OwnersOf struct{ Blueprint tree.Ref }

// Toast is shown in the bottom line for a few seconds.
type Toast struct {
	Text string
	Bad  bool
}

// Ask puts a question over the screen. The answer is No unless the person types Name, where
// that is not empty, or y. What Yes is, is done then.
type Ask struct {
	Title string
	// Text says what will happen.
	Text string
	// Name has to be typed, for what can not be undone.
	Name string
	Yes  tea.Cmd
}

// Namespace goes over to another namespace; empty for all. All screens are sent it too, once
// Env.Namespace is the new one; a screen that follows by namespace follows anew then.
type Namespace struct{ Name string }

// Age of a moment, as kubectl writes it: 90s, 5m, 3h12m. It is never negative: clocks differ.
func Age(now, then time.Time) string { return duration.HumanDuration(max(0, now.Sub(then))) }

// ReadOnly refuses what would change the cluster, where Env.Write is false.
func ReadOnly() tea.Cmd { return Send(Toast{Text: "read-only; start with --write"}) }

// Send makes a command of a message, which comes after what was typed meanwhile; see
// Env.Send.
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Copy puts a text into the clipboard, and says so.
func Copy(text, what string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), Send(Toast{Text: "copied " + what}))
}
