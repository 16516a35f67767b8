package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// drainTime is how long answers are waited for after the last request.
const drainTime = 10 * time.Second

// A loop is one run.
type loop struct {
	spec   Spec
	bodies *Bodies
	to     unix.SockaddrInet4
	epoll  int
	timer  int // wakes an open loop for the next request; epoll's own timeout is too coarse
	conns  []conn
	free   []int // connections without a request, for the open loop

	begun  time.Time
	next   time.Duration // when the next request of an open loop is due
	cpu    float64       // the process's when the window began
	window time.Duration // when it began; 0: not yet
	ended  bool          // only answers are waited for
	open   int           // requests without an answer
	times  []time.Duration
	result Result
}

// Run posts until the time is over, the number of requests is reached or ctx ends, waits for the last answers and reports.
// An open loop measures from the moment a request was due, not from when a connection was free for it: a server that stalls
// is charged with everything that had to wait.
func Run(ctx context.Context, spec Spec, progress func(Progress)) (Result, error) {
	if err := spec.Validate(); err != nil {
		return Result{}, err
	}
	bodies, err := NewBodies(&spec)
	if err != nil {
		return Result{}, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l := &loop{spec: spec, bodies: bodies, result: Result{Refused: map[int]int64{}}}
	defer l.close()
	if err := l.connect(); err != nil {
		return Result{}, err
	}
	if err := l.run(ctx, progress); err != nil {
		return Result{}, err
	}
	l.result.Measured.Answer = TimesOf(l.times)
	l.result.Late = int64(l.open)
	return l.result, nil
}

func (l *loop) connect() error {
	address, err := netip.ParseAddrPort(l.spec.Address)
	if err != nil {
		return fmt.Errorf("load: address: %w", err)
	}
	l.to = unix.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return fmt.Errorf("load: epoll: %w", err)
	}
	if l.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return fmt.Errorf("load: timer: %w", err)
	}
	if err := l.watch(l.timer, -1); err != nil {
		return err
	}
	l.conns = make([]conn, l.spec.Connections)
	for i := range l.conns {
		if err := l.dial(i); err != nil {
			return err
		}
		l.free = append(l.free, i)
	}
	return nil
}

// watch has epoll report a descriptor; which is its connection, or -1 for the timer.
func (l *loop) watch(fd, which int) error {
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(which)}); err != nil {
		return fmt.Errorf("load: watch: %w", err)
	}
	return nil
}

func (l *loop) close() {
	for i := range l.conns {
		if l.conns[i].fd > 0 {
			unix.Close(l.conns[i].fd) // nothing can be lost by now
		}
	}
	for _, fd := range []int{l.timer, l.epoll} {
		if fd > 0 {
			unix.Close(fd) // as above
		}
	}
}

func (l *loop) run(ctx context.Context, progress func(Progress)) error {
	l.begun = time.Now()
	if l.spec.Rate == 0 {
		if err := l.sendAll(); err != nil {
			return err
		}
	}
	var told time.Duration
	for {
		now := time.Since(l.begun)
		if l.window == 0 && now >= l.spec.Warmup {
			l.window, l.cpu = max(now, 1), ownCPU()
			progress(Progress{Measuring: true, Elapsed: now, Accepted: l.result.Accepted})
		}
		if l.over(now) || ctx.Err() != nil {
			l.result.Measured.Seconds = (now - l.window).Seconds()
			l.result.CPU = ownCPU() - l.cpu
			l.ended = true
			return l.drain()
		}
		if now-told > 250*time.Millisecond {
			told = now
			progress(Progress{Measuring: l.window > 0, Elapsed: now, Accepted: l.result.Accepted})
		}
		if err := l.due(now); err != nil {
			return err
		}
		if err := l.wait(); err != nil {
			return err
		}
	}
}

// sendAll starts a closed loop.
func (l *loop) sendAll() error {
	for i := range l.conns {
		if err := l.send(i, 0); err != nil {
			return err
		}
	}
	l.free = l.free[:0]
	return nil
}

// over reports that measuring ends. An open loop goes on until what was due in its time is answered, or nearly for ever is
// not.
func (l *loop) over(now time.Duration) bool {
	end := l.spec.Warmup + l.spec.Duration
	switch {
	case !l.more():
		return l.open == 0 || now >= end+drainTime
	case l.spec.Rate > 0:
		return l.next >= end && l.open == 0 || now >= end+drainTime
	default:
		return now >= end
	}
}

// due sends the requests of an open loop whose time has come, as far as connections are free.
func (l *loop) due(now time.Duration) error {
	if l.spec.Rate == 0 {
		return nil
	}
	pause := time.Duration(float64(time.Second) / l.spec.Rate)
	end := l.spec.Warmup + l.spec.Duration
	for l.next <= now && l.next < end && len(l.free) > 0 && l.more() {
		i := l.free[len(l.free)-1]
		l.free = l.free[:len(l.free)-1]
		if err := l.send(i, l.next); err != nil {
			return err
		}
		l.next += pause
	}
	if wait := l.next - time.Since(l.begun); wait > 0 {
		value := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}
		if err := unix.TimerfdSettime(l.timer, 0, &value, nil); err != nil {
			return fmt.Errorf("load: set timer: %w", err)
		}
	}
	return nil
}

func (l *loop) more() bool { return l.spec.Requests == 0 || l.result.Sent < l.spec.Requests }

// wait handles what has arrived; it comes back at least every 50 ms.
func (l *loop) wait() error {
	var events [256]unix.EpollEvent
	n, err := unix.EpollWait(l.epoll, events[:], 50)
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("load: epoll: %w", err)
	}
	for _, e := range events[:max(n, 0)] {
		if e.Fd < 0 {
			var ticks [8]byte
			unix.Read(l.timer, ticks[:]) //nolint:errcheck // only to quiet it: what is due is judged by the clock
			continue
		}
		if err := l.arrived(int(e.Fd)); err != nil {
			return err
		}
	}
	return nil
}

// drain waits for the requests that are still under way.
func (l *loop) drain() error {
	for deadline := time.Now().Add(drainTime); l.open > 0 && time.Now().Before(deadline); {
		if err := l.wait(); err != nil {
			return err
		}
	}
	return nil
}

// ownCPU is what this process has used, in seconds.
func ownCPU() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
