package why

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// speaker words the root cause of one tree.
type speaker struct {
	t         *tree.Tree
	facts     Facts
	selection *Selection
}

// ready is the sentence of an owner that nothing keeps from being ready.
func ready(t *tree.Tree, now time.Time) string {
	text := named(t.Owner.Ref) + " is ready"
	if since := t.Owner.Ready.Since; since != nil && !now.IsZero() {
		text = named(t.Owner.Ref) + " has been ready for " + duration.HumanDuration(max(0, now.Sub(since.Time)))
	}
	if t.Blueprint != nil {
		text += fmt.Sprintf(": %s of %s %s %s done", count(len(t.Steps), "step"), blueprintWord(t.Blueprint.Kind), t.Blueprint.Name, are(len(t.Steps)))
	} else if len(t.Runs) > 0 {
		text += ": " + t.Runs[0].Kind + " " + t.Runs[0].Name + " succeeded"
	}
	return text + "."
}

func (s *speaker) sentence(c *tree.RootCause) string {
	subject := named(s.t.Owner.Ref)
	if c.Reason == tree.ReasonBelowNotReady && len(c.Path) > 0 {
		below := c.Path[0]
		text := fmt.Sprintf("%s is ready, but %s %s, which its step %s stamped, is not", subject, below.Kind, below.Name, c.Step)
		if c.Nested == nil {
			// Only its own condition is known, or what is below a Runnable.
			return finish(text + ": " + first(c.Path[len(c.Path)-1].Ready.Message))
		}
		return finish(text + ": " + s.nested(below.Ref, c.Nested))
	}
	if c.Reason == tree.ReasonTerminating && c.Step == "" {
		return finish(subject + strings.TrimPrefix(c.Message, "it"))
	}
	return finish(subject + " is not ready: " + s.clause(c))
}

// finish makes a sentence of one line.
func finish(text string) string {
	text = strings.TrimRight(table.OneLine(text), " .:;")
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// nested words the cause of an owner below, of which only the tree is known.
func (s *speaker) nested(owner tree.Ref, c *tree.RootCause) string {
	if c == nil {
		return "nothing says why"
	}
	below := &speaker{t: &tree.Tree{Owner: tree.OwnerNode{Ref: owner}}, facts: Facts{Now: s.facts.Now}}
	return below.clause(c)
}

// clause says why, without saying of whom.
func (s *speaker) clause(c *tree.RootCause) string {
	if c.Step != "" {
		return s.step(c)
	}
	switch c.Reason {
	case tree.ReasonNotSeen:
		text := "the agent has written no status for it"
		if s.t.Owner.Created != nil && !s.facts.Now.IsZero() {
			text += fmt.Sprintf(" in the %s since it was created", duration.HumanDuration(max(0, s.facts.Now.Sub(s.t.Owner.Created.Time))))
		}
		return text + ": is the agent running?"
	case tree.ReasonOutdated:
		return "the agent has not looked at its last change yet: " + c.Message
	case v1alpha1.ReasonSupplyChainNotFound, v1alpha1.ReasonDeliveryNotFound:
		if s.selection != nil {
			return fmt.Sprintf("no %s selects it%s", blueprintWord(s.selection.Kind), nearest(&s.selection.Choice, s.ownerWord()))
		}
	case v1alpha1.ReasonWorkloadLabelsMissing, v1alpha1.ReasonDeliverableLabelsMissing:
		if s.selection != nil {
			return fmt.Sprintf("it has no labels, so no %s can select it%s", blueprintWord(s.selection.Kind), nearest(&s.selection.Choice, s.ownerWord()))
		}
	case v1alpha1.ReasonMultipleSupplyChainMatches, v1alpha1.ReasonMultipleDeliveryMatches:
		if s.selection != nil && len(s.selection.Tie) > 0 {
			return fmt.Sprintf("the %s %s select it equally well, each with score %d", blueprintPlural(s.selection.Kind), and(s.selection.Tie), s.selection.Considered[0].Score)
		}
	case v1alpha1.ReasonTemplatesNotFound:
		if b := s.t.Blueprint; b != nil {
			text := fmt.Sprintf("%s %s is not ready: ", blueprintWord(b.Kind), b.Name)
			if missing := s.missingTemplates(); missing != "" {
				return text + missing
			}
			return text + c.Message
		}
	}
	if len(c.Path) > 0 {
		return s.path(c)
	}
	return first(c.Message)
}

func (s *speaker) ownerWord() string { return strings.ToLower(s.t.Owner.Kind) }

// missingTemplates names those of the selected blueprint that were looked for in vain.
func (s *speaker) missingTemplates() string {
	b := selected(s.t, s.facts.Blueprints)
	if b == nil {
		return ""
	}
	var missing []string
	for _, use := range b.Templates() {
		if template, read := s.facts.Templates[use]; read && template == nil {
			missing = append(missing, fmt.Sprintf("%s %s of step %s does not exist", use.Kind, use.Name, use.Resource))
		}
	}
	return strings.Join(missing, ", ")
}

var (
	// stampedWhere is where a template failed, which the sentence has said already.
	stampedWhere = regexp.MustCompile(`^cannot stamp resource \S+ of \S+ \S+?, (\S+) (\S+?): `)
	stepWhere    = regexp.MustCompile(`^resource \S+?( of \S+ \S+?)?: `)
	refusedWhere = regexp.MustCompile(`^cannot apply (\S+ \S+) for resource .*? as service account \S+: `)
	yttFault     = regexp.MustCompile(`(?m)^\s*- (.+)$`)
	yttLine      = regexp.MustCompile(`(?m)^\s*(\S+:\d+) \| *(.+)$`)
)

func (s *speaker) step(c *tree.RootCause) string {
	head := "step " + c.Step + " failed: "
	if !c.Failed && !(len(c.Path) > 0 && c.Path[len(c.Path)-1].Ready.Status == "False") {
		head = "step " + c.Step + " is waiting: "
	}
	switch c.Reason {
	case v1alpha1.ReasonTemplateStampFailure:
		if len(c.Path) > 0 {
			break
		}
		m := stampedWhere.FindStringSubmatch(c.Message)
		if m == nil {
			return head + first(c.Message)
		}
		return fmt.Sprintf("%s%s %s does not render: %s", head, m[1], m[2], rendering(c.Message[len(m[0]):]))
	case v1alpha1.ReasonTemplateOptionsMatchError:
		if choice := s.selection.step(c.Step); choice != nil {
			if len(choice.Tie) > 0 {
				return fmt.Sprintf("%sits options %s select the %s equally well, each with score %d", head, and(choice.Tie), s.ownerWord(), choice.Considered[0].Score)
			}
			return fmt.Sprintf("%snone of its %s selects the %s%s", head, count(len(choice.Considered), "option"), s.ownerWord(), nearest(choice, s.ownerWord()))
		}
	}
	if d := tree.Denied(c.Message); d != nil {
		text := fmt.Sprintf("%sservice account %s/%s may not %s %s", head, d.Namespace, d.Account, d.Verb, d.Resource)
		if d.In != "" {
			text += " in namespace " + d.In
		}
		return text
	}
	if kind, version := tree.UnknownKind(c.Message); kind != "" {
		return fmt.Sprintf("%sthe cluster does not know kind %s of %s: its CustomResourceDefinition is not installed", head, kind, version)
	}
	if f := tree.ForeignObject(c.Message); f != nil {
		return fmt.Sprintf("%s%s %s/%s exists already and belongs to %s", head, f.Kind, f.Namespace, f.Name, f.By)
	}
	if m := refusedWhere.FindStringSubmatch(c.Message); m != nil {
		return head + m[1] + " is refused: " + first(c.Message[len(m[0]):])
	}
	if len(c.Path) > 0 {
		return head + s.path(c)
	}
	return head + first(stepWhere.ReplaceAllString(c.Message, ""))
}

// path names the object of the step and what explains its state; what lies between only
// where it has failed itself.
func (s *speaker) path(c *tree.RootCause) string {
	var parts []string
	last := len(c.Path) - 1
	for i, l := range c.Path[:last] {
		switch {
		case l.Ready.Status == "False":
			parts = append(parts, fmt.Sprintf("%s %s failed", l.Kind, l.Name))
		case i == 0 && l.Ready.Status == "True":
			// It is still as an earlier revision left it.
			parts = append(parts, fmt.Sprintf("below %s %s", l.Kind, l.Name))
		case i == 0:
			parts = append(parts, fmt.Sprintf("%s %s is not ready", l.Kind, l.Name))
		}
	}
	l := c.Path[last]
	name := l.Kind + " " + l.Name
	switch {
	case c.Nested != nil:
		return strings.Join(append(parts, name+" is not ready", s.nested(l.Ref, c.Nested)), ": ")
	case l.Ready.Status == "" || l.Ready.Status == "True":
		// The object is content; what the step misses is in the step's own words.
		return strings.Join(append(parts, first(stepWhere.ReplaceAllString(c.Message, ""))), ": ")
	}
	said := strings.TrimSuffix(first(l.Ready.Message), ":") // what should have followed, nobody wrote
	switch reason := l.Ready.Reason; {
	case said == "":
		said = reason
	case reason != "" && !strings.Contains(said, reason) && l.Kind != "ReplicaSet" && !generic(reason):
		said += " (" + reason + ")"
	}
	if said == "" {
		said = "is not ready and does not say why"
	}
	return strings.Join(append(parts, name+": "+said), ": ")
}

// generic reasons add nothing to a message.
func generic(reason string) bool {
	switch reason {
	case "Failed", "Error", "NotReady", "CrashLoopBackOff", tree.ReasonNoStatus, tree.ReasonTerminating, "Missing":
		return true
	}
	return false
}

// rendering words the fault of a template: that of ytt has several lines.
func rendering(text string) string {
	fault, line := yttFault.FindStringSubmatch(text), yttLine.FindStringSubmatch(text)
	if fault == nil || line == nil {
		return first(text)
	}
	return fmt.Sprintf("%s, at %s: %s", strings.TrimSpace(fault[1]), line[1], strings.TrimSpace(line[2]))
}

// first is the first line that says something, or the beginning of a very long one.
func first(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			return table.Brief(line)
		}
	}
	return ""
}

// nearest names the candidate that lacks least, and what it lacks.
func nearest(c *Choice, owner string) string {
	for _, n := range c.Considered {
		if n.Matches || len(n.Unmet) == 0 || n.Score == 0 {
			continue
		}
		if len(c.Considered) == 1 {
			return fmt.Sprintf(": the only one, %s, needs %s", n.Name, unmet(n.Unmet[0], owner))
		}
		return fmt.Sprintf(": the nearest of %d, %s, needs %s", len(c.Considered), n.Name, unmet(n.Unmet[0], owner))
	}
	return ""
}

// unmet says what is needed and what there is.
func unmet(u Unmet, owner string) string {
	switch {
	case u.Label == "":
		return u.Requirement
	case strings.HasPrefix(u.Requirement, "label !") && u.Has != nil:
		return fmt.Sprintf("no label %s, and the %s has %s=%s", u.Label, owner, u.Label, *u.Has)
	case u.Has != nil:
		return fmt.Sprintf("%s, and the %s has %s=%s", u.Requirement, owner, u.Label, *u.Has)
	}
	return fmt.Sprintf("%s, which the %s does not have", u.Requirement, owner)
}

// typo is how many letters may be wrong in a label for its correction to be offered.
const typo = 3

// next lists the commands: a correction that is obvious comes before a look.
func (s *speaker) next(c *tree.RootCause) []string {
	var next []string
	if s.selection != nil && (c.Step == "" && SelectionReason(c.Reason)) && len(s.selection.Tie) == 0 {
		if n := s.selection.Considered[0]; len(n.Unmet) == 1 && n.distance <= typo && len(n.Unmet[0].Wants) == 1 && n.Unmet[0].Has != nil {
			ref := s.t.Owner.Ref
			next = append(next, fmt.Sprintf("kubectl label %s %s -n %s %s=%s --overwrite", ref.Resource, ref.Name, ref.Namespace, n.Unmet[0].Label, n.Unmet[0].Wants[0]))
		}
	}
	if c.Next != "" {
		next = append(next, c.Next)
	}
	return next
}

// named is how an object is called: workload shop/cart.
func named(ref tree.Ref) string {
	name := ref.Name
	if ref.Namespace != "" {
		name = ref.Namespace + "/" + name
	}
	if ref.Kind == v1alpha1.KindClusterSupplyChain || ref.Kind == v1alpha1.KindClusterDelivery {
		return blueprintWord(ref.Kind) + " " + name
	}
	return strings.ToLower(ref.Kind) + " " + name
}

func blueprintWord(kind string) string {
	if kind == v1alpha1.KindClusterDelivery {
		return "delivery"
	}
	return "supply chain"
}

func blueprintPlural(kind string) string {
	if kind == v1alpha1.KindClusterDelivery {
		return "deliveries"
	}
	return "supply chains"
}

func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func ago(now time.Time, then tree.Time) string {
	return duration.HumanDuration(max(0, now.Sub(then.Time))) + " ago"
}
