package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// mostRecent namespaces have a digit.
const mostRecent = 9

// namespace goes over to another namespace, on the nearest screen that follows it.
func (m *Model) namespace(name string) tea.Cmd {
	m.env.Namespace = name
	m.use(name)
	m.say("in "+inNamespace(name), false)
	left := len(m.stack)
	for left > 1 && !offers(m.stack[left-1].screen, keys.Number) {
		left--
	}
	closed := m.closed(left)
	told := m.all(screen.Namespace{Name: name}) // before a screen begins, which sees it anyway
	return tea.Batch(closed, told, m.begin())
}

// use remembers a namespace. One that has a digit keeps it: fingers remember digits, too.
func (m *Model) use(name string) {
	if name == "" || slices.Contains(m.env.Recent, name) {
		return
	}
	m.env.Recent = append(m.env.Recent, name)
	if len(m.env.Recent) > mostRecent {
		m.env.Recent = m.env.Recent[1:]
	}
}

func inNamespace(name string) string {
	if name == "" {
		return "all namespaces"
	}
	return "namespace " + name
}

// known is what the command line completes.
type known struct {
	namespacesID, contextsID feed.ID
	namespaces, contexts     []string
}

// learn asks for it.
func (m *Model) learn() tea.Cmd {
	m.known = known{namespacesID: m.env.NewID(), contextsID: m.env.NewID()}
	return tea.Batch(
		m.env.World.Follow(m.known.namespacesID, feed.Namespaces{}),
		m.env.World.Follow(m.known.contextsID, feed.Contexts{}),
	)
}

// learn takes a delivery; false when it is for others. Names that may not be read are not
// completed, which is no fault.
func (k *known) learn(d feed.Delivery) bool {
	names, ok := d.Payload.(feed.Names)
	switch d.ID {
	case k.namespacesID:
		if ok {
			k.namespaces = names.Names
		}
	case k.contextsID:
		if ok {
			k.contexts = names.Names
		}
	default:
		return false
	}
	return true
}
