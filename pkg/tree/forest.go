package tree

// Forest is several trees, in the order in which they were asked for.
type Forest struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Trees      []*Tree  `json:"items"`
	Unread     []Unread `json:"unread,omitempty"`
}

// NewForest gathers trees. What could not be read belongs to the tree if there is only
// one.
func NewForest(trees []*Tree, unread []Unread) *Forest {
	f := &Forest{APIVersion: APIVersion, Kind: KindList, Trees: trees}
	if len(trees) == 1 {
		trees[0].Unread = unread
		return f
	}
	f.Unread = unread
	return f
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
	if len(f.Trees) == 1 {
		return f.Trees[0]
	}
	return f
}

func (p *Path) document() any { return p }
