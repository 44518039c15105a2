package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// Command is what can be typed behind a colon.
type Command struct {
	// Names by which it is called; the first is the one that is shown.
	Names []string
	// Argument names what follows; empty when nothing does.
	Argument string
	Help     string

	// kind of the table that it opens.
	kind string
	run  func(m *Model, argument string) tea.Cmd
	// candidates of the argument.
	candidates func(m *Model) []string
}

// Usage is how it is typed.
func (c *Command) Usage() string {
	if c.Argument == "" {
		return ":" + c.Names[0]
	}
	return ":" + c.Names[0] + " " + c.Argument
}

// Commands in the order of help. Kinds have the names that the plugin's TYPE has, and those
// of kubectl.
var Commands = []*Command{
	{Names: []string{"wld", "workload", "workloads"}, Help: "workloads", kind: "Workload"},
	{Names: []string{"dlv", "deliverable", "deliverables"}, Help: "deliverables", kind: "Deliverable"},
	{Names: []string{"run", "runnable", "runnables"}, Help: "runnables", kind: "Runnable"},
	{Names: []string{"csc", "supplychain", "supplychains", "clustersupplychain", "clustersupplychains"}, Help: "supply chains", kind: "ClusterSupplyChain"},
	{Names: []string{"cdl", "cd", "delivery", "deliveries", "clusterdelivery", "clusterdeliveries"}, Help: "deliveries", kind: "ClusterDelivery"},
	{Names: []string{"ns", "namespace", "namespaces"}, Argument: "NAME", Help: "go over to a namespace; all for all", run: (*Model).runNamespace, candidates: (*Model).namespaceNames},
	{Names: []string{"ctx", "context", "contexts"}, Argument: "NAME", Help: "go over to another context of the kubeconfig", run: (*Model).runContext, candidates: (*Model).contextNames},
	{Names: []string{"help", "h", "?"}, Help: "the keys", run: func(m *Model, _ string) tea.Cmd { m.help = &help{}; return nil }},
	{Names: []string{"q", "q!", "quit", "exit"}, Help: "quit", run: func(*Model, string) tea.Cmd { return tea.Quit }},
}

// allNamespaces is the word for them behind :ns.
const allNamespaces = "all"

func commandOf(name string) *Command {
	for _, c := range Commands {
		if slices.Contains(c.Names, name) {
			return c
		}
	}
	return nil
}

// execute does what was typed.
func (m *Model) execute(line string) tea.Cmd {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	c := commandOf(words[0])
	switch {
	case c == nil:
		m.say("there is no command :"+words[0]+cmp.Or(near.DidYouMean(words[0], commandNames()), "; tab shows those there are"), true)
		return nil
	case len(words) > 2 || len(words) == 2 && c.Argument == "":
		hint := ""
		if c.kind != "" {
			hint = "; for a namespace: :ns " + words[1]
		}
		m.say("usage: "+c.Usage()+hint, true)
		return nil
	case c.kind != "":
		return m.reset(m.overview(c.kind))
	}
	argument := ""
	if len(words) == 2 {
		argument = words[1]
	}
	return c.run(m, argument)
}

func commandNames() []string {
	var names []string
	for _, c := range Commands {
		names = append(names, c.Names...)
	}
	return names
}

func (m *Model) namespaceNames() []string {
	return append([]string{allNamespaces}, m.known.namespaces...)
}
func (m *Model) contextNames() []string { return m.known.contexts }

func (m *Model) runNamespace(name string) tea.Cmd {
	switch {
	case name == "":
		m.say("in "+inNamespace(m.env.Namespace)+"; :ns NAME goes to another, :ns all to all", false)
		return nil
	case name == allNamespaces:
		name = ""
	case len(m.known.namespaces) > 0 && !slices.Contains(m.known.namespaces, name):
		// Where the names may not be read, any is tried.
		m.say("there is no namespace "+name+near.DidYouMean(name, m.known.namespaces), true)
		return nil
	}
	return func() tea.Msg { return screen.Namespace{Name: name} }
}

func (m *Model) runContext(name string) tea.Cmd {
	switch {
	case name == "":
		m.say("in context "+m.env.Connection.Context+"; :ctx NAME goes to another: "+strings.Join(m.known.contexts, ", "), false)
		return nil
	case name == m.env.Connection.Context:
		m.say("in context "+name+" already", false)
		return nil
	case len(m.known.contexts) > 0 && !slices.Contains(m.known.contexts, name):
		m.say("the kubeconfig has no context "+name+near.DidYouMean(name, m.known.contexts), true)
		return nil
	}
	return m.env.World.Do(feed.Use{Context: name})
}
