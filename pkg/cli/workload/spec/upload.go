package spec

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/carto-run/carto/pkg/source"
)

// Upload is a packed source that waits to be pushed; nothing without --local-path.
type Upload struct {
	o     *Options
	image *source.Image
	place source.Place
}

// Pack packs --local-path, if given. From then on --source-image is the place with the
// digest, so that the workload that Layer makes points at it before anything is sent.
func (o *Options) Pack(ctx context.Context) (*Upload, error) {
	u := &Upload{o: o}
	if o.LocalPath == "" {
		return u, nil
	}
	var err error
	if u.place, err = source.ParsePlace(o.SourceImage); err != nil {
		return nil, err
	}
	if u.image, err = source.Pack(ctx, o.LocalPath); err != nil {
		return nil, err
	}
	o.SourceImage = u.place.At(u.image)
	u.say(fmt.Sprintf("Packed %s: %d files and folders, %s.", o.LocalPath, u.image.Files, size(u.image.Bytes)))
	return u, nil
}

// Push sends the source, unless the registry has it.
func (u *Upload) Push(ctx context.Context) error {
	if u.image == nil {
		return nil
	}
	r := u.o.Registry
	access := source.Access{CACerts: r.CACerts, Username: r.Username, Password: r.Password, Token: r.Token}
	sent, err := source.Push(ctx, u.image, u.place, access, u.progress())
	if err != nil {
		return err
	}
	if sent {
		u.say("Pushed the source: " + u.o.SourceImage)
	} else {
		u.say("Unchanged source, nothing to push: " + u.o.SourceImage)
	}
	return nil
}

// Close removes what was packed.
func (u *Upload) Close() {
	if u.image != nil {
		_ = u.image.Close() // a temporary file, which the system removes else
	}
}

// say is quiet where a program reads the object (spec: cli §2.4).
func (u *Upload) say(line string) {
	if u.o.Output.Format() == "" {
		u.o.Say(line)
	}
}

// redraw is how often a progress bar is drawn at most.
const redraw = 100 * time.Millisecond

// progress is a bar on a terminal, one line elsewhere, nothing where a program reads the
// object.
func (u *Upload) progress() source.Progress {
	if u.o.Output.Format() != "" {
		return nil
	}
	if !u.o.Streams.ErrIsTerminal() {
		begun := false
		return func(_, total int64) {
			if !begun {
				begun = true
				u.say("Pushing " + size(total) + " ...")
			}
		}
	}
	painter := u.o.Streams.NewPainter(u.o.Streams.ErrOut)
	var last time.Time
	return func(done, total int64) {
		if now := u.o.Clock(); done == total || now.Sub(last) >= redraw {
			last = now
			_ = painter.Paint(bar(done, total, u.o.Streams.Unicode())) // talk: the push goes on without
		}
	}
}

// barWidth is in columns.
const barWidth = 30

func bar(done, total int64, unicode bool) string {
	full, empty := "#", "-"
	if unicode {
		full, empty = "█", "░"
	}
	filled := barWidth
	if total > 0 {
		filled = int(done * barWidth / total)
	}
	return fmt.Sprintf("Pushing %s%s %s of %s", strings.Repeat(full, filled), strings.Repeat(empty, barWidth-filled), size(done), size(total))
}

// size is a number of bytes as a person reads it.
func size(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), -1
	for value >= step && unit < 2 {
		value, unit = value/step, unit+1
	}
	return fmt.Sprintf("%.1f %s", value, []string{"KiB", "MiB", "GiB"}[unit])
}
