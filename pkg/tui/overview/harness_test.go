package overview

import (
	"errors"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

func plainText(s string) string { return ansi.Strip(s) }

func ascii() *theme.Theme { return theme.New(theme.None, false) }

func dark() *theme.Theme { return theme.New(theme.Dark, true) }

// goTo plays the program that was asked for another namespace.
func goTo(d *screentest.Driver, namespace string) {
	d.Env.Namespace = namespace
	d.Send(screen.Namespace{Name: namespace})
}

func errForbidden() error {
	return apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "workloads"}, "", errors.New("no RBAC policy matched"))
}

func errNoMatch() error {
	return &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: v1alpha1.KindWorkload}, SearchedVersions: []string{"v1alpha1"}}
}

// act does what a screen asked for.
func act(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if batch, ok := cmd().(tea.BatchMsg); ok {
		for _, c := range batch {
			act(c)
		}
	}
}
