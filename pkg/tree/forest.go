package tree

// Forest is several trees, in the order in which they were asked for.
type Forest struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Trees      []*Tree  `json:"items"`
	Unread     []Unread `json:"unread,omitempty"`

	// single is true for the tree of one object that was named. That one is shown
	// whatever a filter leaves of it, and is no list for programs.
	single bool
}

// NewForest gathers trees, of objects that were named or found.
func NewForest(trees []*Tree, unread []Unread) *Forest {
	if trees == nil {
		trees = []*Tree{} // for programs an empty list, not null
	}
	return &Forest{APIVersion: APIVersion, Kind: KindList, Trees: trees, Unread: unread}
}

// Single makes a forest of the tree of one object that was named.
func Single(t *Tree) *Forest {
	return &Forest{APIVersion: APIVersion, Kind: Kind, Trees: []*Tree{t}, single: true}
}

// Owners counts the owners.
func (f *Forest) Owners() int {
	n := 0
	for _, t := range f.Trees {
		n += max(1, len(t.Owners))
	}
	return n
}

// Snapshot is what can be printed: a Tree, a Forest or a Path.
type Snapshot interface {
	// document is the JSON form.
	document() any
	// nodes are the rows of a table and the nodes of a graph.
	nodes() []node
	// remarks are the lines below a table.
	remarks(TableOptions) []string
}

func (t *Tree) document() any { return t }

// document of one tree is that tree.
func (f *Forest) document() any {
	if f.single {
		return f.Trees[0]
	}
	return f
}

func (p *Path) document() any { return p }
