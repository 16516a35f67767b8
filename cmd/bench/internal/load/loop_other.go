//go:build !linux

package load

import (
	"context"
	"errors"
)

// Run needs Linux: the generator is an epoll loop.
func Run(context.Context, Spec, func(Progress)) (Result, error) {
	return Result{}, errors.New("load: the generator needs Linux")
}
