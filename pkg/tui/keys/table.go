package keys

// Actions.
const (
	Help    Action = "help"
	Command Action = "command"
	Back    Action = "back"
	Quit    Action = "quit"
	Refresh Action = "refresh"
	Mouse   Action = "mouse"

	Up       Action = "up"
	Down     Action = "down"
	Left     Action = "left"
	Right    Action = "right"
	Top      Action = "top"
	Bottom   Action = "bottom"
	HalfDown Action = "half-down"
	HalfUp   Action = "half-up"
	PageDown Action = "page-down"
	PageUp   Action = "page-up"

	Open     Action = "open"
	Next     Action = "next"
	Previous Action = "previous"
	Filter   Action = "filter"
	Mark     Action = "mark"
	Sort     Action = "sort"
	Reverse  Action = "reverse"
	Problems Action = "problems"
	Wide     Action = "wide"
	Number   Action = "number"
	Parent   Action = "parent"
	Copy     Action = "copy"

	Describe Action = "describe"
	YAML     Action = "yaml"
	Logs     Action = "logs"
	Events   Action = "events"
	Params   Action = "params"
	History  Action = "history"
	Diff     Action = "diff"
	Why      Action = "why"
	Layout   Action = "layout"
	Graph    Action = "graph"

	Edit   Action = "edit"
	Retry  Action = "retry"
	Delete Action = "delete"
	Create Action = "create"

	Search     Action = "search"
	NextMatch  Action = "next-match"
	PrevMatch  Action = "previous-match"
	Wrap       Action = "wrap"
	Follow     Action = "follow"
	Timestamps Action = "timestamps"
	Earlier    Action = "earlier"
	Full       Action = "full"
	Older      Action = "older"
	Newer      Action = "newer"

	Submit Action = "submit"
)

// Global keys hold everywhere but where text is typed.
var Global = Group{"Everywhere", []Binding{
	{Action: Help, Keys: []string{"?"}, Help: "these keys", Hint: "help"},
	{Action: Command, Keys: []string{":"}, Help: "a command: :wld :dlv :run :csc :cdl :ns NAME :ctx NAME :q", Hint: "command"},
	{Action: Back, Keys: []string{"esc"}, Help: "back; clears a filter first"},
	{Action: Refresh, Keys: []string{"ctrl+r"}, Help: "read everything again"},
	{Action: Mouse, Keys: []string{"ctrl+t"}, Help: "mouse on or off; off lets the terminal select text"},
	{Action: Quit, Keys: []string{"q", "ctrl+c"}, Help: "quit"},
}}

// Move is shared by everything with rows.
var Move = Group{"Moving", []Binding{
	{Action: Down, Keys: []string{"j", "down"}, Help: "down"},
	{Action: Up, Keys: []string{"k", "up"}, Help: "up"},
	{Action: Top, Keys: []string{"g", "home"}, Help: "to the top"},
	{Action: Bottom, Keys: []string{"G", "end"}, Help: "to the bottom"},
	{Action: HalfDown, Keys: []string{"ctrl+d"}, Help: "half a page down"},
	{Action: HalfUp, Keys: []string{"ctrl+u"}, Help: "half a page up"},
	{Action: PageDown, Keys: []string{"pgdown", "ctrl+f"}, Help: "a page down"},
	{Action: PageUp, Keys: []string{"pgup", "ctrl+b"}, Help: "a page up"},
}}

// Panes open a view of what is selected; owners, steps and objects share them.
var Panes = Group{"What is selected", []Binding{
	{Action: Why, Keys: []string{"i"}, Help: "why it is as it is", Hint: "why"},
	{Action: YAML, Keys: []string{"y"}, Help: "YAML", Hint: "yaml"},
	{Action: Describe, Keys: []string{"d"}, Help: "describe", Hint: "describe"},
	{Action: Logs, Keys: []string{"l"}, Help: "logs", Hint: "logs"},
	{Action: Events, Keys: []string{"v"}, Help: "events", Hint: "events"},
	{Action: Params, Keys: []string{"P"}, Help: "params, and where each value came from"},
	{Action: History, Keys: []string{"H"}, Help: "history of runs"},
	{Action: Diff, Keys: []string{"x"}, Help: "what differs between the last two stamped versions"},
	{Action: Copy, Keys: []string{"c"}, Help: "copy the name", Hint: "copy"},
	{Action: Parent, Keys: []string{"J"}, Help: "go to the owner"},
	{Action: Edit, Keys: []string{"e"}, Help: "edit in $EDITOR", Hint: "edit", Write: true},
	{Action: Retry, Keys: []string{"r"}, Help: "retry a failed run", Hint: "retry", Write: true},
	{Action: Delete, Keys: []string{"D"}, Help: "delete, after a question", Hint: "delete", Write: true},
}}

// Overview is the table of owners.
var Overview = Group{"Overview", []Binding{
	{Action: Open, Keys: []string{"enter"}, Help: "open", Hint: "open"},
	{Action: Filter, Keys: []string{"/"}, Help: "filter: text, !text, -l label=value, -f fuzzy", Hint: "filter"},
	{Action: Next, Keys: []string{"tab"}, Help: "next kind: workloads, deliverables, runnables, blueprints", Hint: "kind"},
	{Action: Previous, Keys: []string{"shift+tab"}, Help: "previous kind"},
	{Action: Problems, Keys: []string{"ctrl+z"}, Help: "only what is not ready", Hint: "problems"},
	{Action: Sort, Keys: []string{"s"}, Help: "sort by the next column"},
	{Action: Reverse, Keys: []string{"S"}, Help: "reverse the order"},
	{Action: Wide, Keys: []string{"ctrl+w"}, Help: "more columns"},
	{Action: Right, Keys: []string{"right"}, Help: "more columns, then those on the right"},
	{Action: Left, Keys: []string{"left"}, Help: "the columns on the left, then fewer"},
	{Action: Mark, Keys: []string{"space"}, Help: "mark, for retry, delete and copy"},
	{Action: Number, Keys: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, Help: "namespace: 0 all, 1 to 9 the last ones"},
	{Action: Create, Keys: []string{"a"}, Help: "create a workload", Hint: "create", Write: true},
}}

// Blueprints are the tables of blueprints, besides the keys of all tables.
var Blueprints = Group{"Tables of blueprints", []Binding{
	{Action: Graph, Keys: []string{"o"}, Help: "the graph of its steps", Hint: "graph"},
}}

// Owner is the graph of an owner's steps, and the detail beside it.
var Owner = Group{"Owner", []Binding{
	{Action: Open, Keys: []string{"enter"}, Help: "open: an owner that was stamped, an object's YAML", Hint: "open"},
	{Action: Next, Keys: []string{"tab"}, Help: "next pane: graph, detail", Hint: "pane"},
	{Action: Previous, Keys: []string{"shift+tab"}, Help: "previous pane"},
	{Action: Parent, Keys: []string{"J"}, Help: "the owner itself: y, d, v, e, r and D are about it then"},
	{Action: Left, Keys: []string{"left"}, Help: "to the box on the left"},
	{Action: Right, Keys: []string{"right"}, Help: "to the box on the right"},
	{Action: NextMatch, Keys: []string{"n"}, Help: "to the next step that is not ready"},
	{Action: PrevMatch, Keys: []string{"N"}, Help: "to the previous step that is not ready"},
	{Action: Layout, Keys: []string{"o"}, Help: "draw left to right, top to bottom, or as it fits"},
	{Action: Full, Keys: []string{"f"}, Help: "the pane alone, or both"},
}}

// Viewer is a text that is read: YAML, describe, events, logs, params, history, diff.
var Viewer = Group{"Text", []Binding{
	{Action: Search, Keys: []string{"/"}, Help: "search", Hint: "search"},
	{Action: NextMatch, Keys: []string{"n"}, Help: "next match"},
	{Action: PrevMatch, Keys: []string{"N"}, Help: "previous match"},
	{Action: Wrap, Keys: []string{"w"}, Help: "wrap long lines", Hint: "wrap"},
	{Action: Left, Keys: []string{"left"}, Help: "scroll to the left"},
	{Action: Right, Keys: []string{"right"}, Help: "scroll to the right"},
	{Action: Full, Keys: []string{"f"}, Help: "whole screen; for logs and events: follow"},
	{Action: Copy, Keys: []string{"c"}, Help: "copy the text", Hint: "copy"},
}}

// LogKeys are those of logs, besides those of a text.
var LogKeys = Group{"Logs", []Binding{
	{Action: Follow, Keys: []string{"f"}, Help: "follow: stay at the end", Hint: "follow"},
	{Action: Earlier, Keys: []string{"p"}, Help: "the instances before the present ones", Hint: "previous"},
	{Action: Timestamps, Keys: []string{"t"}, Help: "timestamps", Hint: "timestamps"},
}}

// HistoryKeys are those of the table of runs.
var HistoryKeys = Group{"History", []Binding{
	{Action: Open, Keys: []string{"enter", "y"}, Help: "YAML of the run", Hint: "yaml"},
	{Action: Describe, Keys: []string{"d"}, Help: "describe the run", Hint: "describe"},
	{Action: Logs, Keys: []string{"l"}, Help: "logs of the run", Hint: "logs"},
	{Action: Diff, Keys: []string{"x"}, Help: "what differs from the run before", Hint: "diff"},
	{Action: Copy, Keys: []string{"c"}, Help: "copy the name of the run"},
}}

// DiffKeys are those of a difference, besides those of a text.
var DiffKeys = Group{"Diff", []Binding{
	{Action: Older, Keys: []string{"["}, Help: "the versions before these", Hint: "older"},
	{Action: Newer, Keys: []string{"]"}, Help: "the versions after these", Hint: "newer"},
}}

// EventKeys are those of events, besides those of a text.
var EventKeys = Group{"Events", []Binding{
	{Action: Follow, Keys: []string{"f"}, Help: "follow: stay at the end", Hint: "follow"},
	{Action: Timestamps, Keys: []string{"t"}, Help: "times instead of ages", Hint: "times"},
}}

// Line is a filter or a search while it is typed.
var Line = Group{"A filter or search that is typed", []Binding{
	{Action: Open, Keys: []string{"enter"}, Help: "keep it", Hint: "keep"},
	{Action: Back, Keys: []string{"esc"}, Help: "drop it", Hint: "drop"},
}}

// Form is what is filled in. Its fields take all other keys as text.
var Form = Group{"Forms", []Binding{
	{Action: Next, Keys: []string{"tab", "down", "enter"}, Help: "next field", Hint: "next"},
	{Action: Previous, Keys: []string{"shift+tab", "up"}, Help: "previous field"},
	{Action: Left, Keys: []string{"left"}, Help: "the choice before; in a text, to the left"},
	{Action: Right, Keys: []string{"right"}, Help: "the next choice; in a text, to the right"},
	{Action: PageDown, Keys: []string{"pgdown"}, Help: "the manifest, or scroll it down", Hint: "manifest"},
	{Action: PageUp, Keys: []string{"pgup"}, Help: "scroll the manifest up"},
	{Action: Submit, Keys: []string{"ctrl+s"}, Help: "have the API server check it, and ask before it is created", Hint: "create", Write: true},
	{Action: Back, Keys: []string{"esc"}, Help: "leave; asks when something was typed", Hint: "leave"},
}}

// Dialog is a question.
var Dialog = Group{"Questions", []Binding{
	{Action: "yes", Keys: []string{"y"}, Help: "yes"},
	{Action: "no", Keys: []string{"n", "esc", "enter"}, Help: "no"},
}}

// Groups is the whole table, in the order of the reference.
var Groups = []Group{Global, Move, Overview, Blueprints, Panes, Owner, Viewer, LogKeys, EventKeys, HistoryKeys, DiffKeys, Line, Form, Dialog}
