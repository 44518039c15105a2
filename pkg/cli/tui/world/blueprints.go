package world

import "context"

func (w *World) blueprints(context.Context, *Cluster, func(any)) error { return errNotYet }
