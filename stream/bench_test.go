package stream_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/stream"
	"switchboard/stream/embedded"
)

// BenchmarkAppend is intake without HTTP: many callers, one 1.5 KB parcel each, on the embedded broker.
func BenchmarkAppend(b *testing.B) {
	quiet := slog.New(slog.DiscardHandler)
	for _, sync := range []bool{true, false} {
		for _, callers := range []int{64, 256} {
			b.Run(fmt.Sprintf("sync=%t/callers=%d", sync, callers), func(b *testing.B) {
				broker, err := embedded.Open(embedded.Config{Dir: b.TempDir(), NoSync: !sync, RetentionBytes: 1 << 30}, quiet)
				require.NoError(b, err)
				l, err := stream.Open(b.Context(), stream.Config{Brokers: broker.Addrs(), Dial: broker.Dial}, quiet, nil)
				require.NoError(b, err)
				body := make([]byte, 1500)
				var next atomic.Int64
				b.SetParallelism(callers / runtime.GOMAXPROCS(0))
				b.ReportAllocs()
				start := time.Now()
				b.RunParallel(func(pb *testing.PB) {
					key := fmt.Sprint("person", next.Add(1))
					for pb.Next() {
						ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
						err := l.Append(ctx, []chat.Parcel{{Channel: chat.WhatsApp, Account: "880000000000001", RequestID: "0123456789abcdef", ReceivedAt: start, Secret: "0", Key: key, Elements: 1, Value: body}})
						cancel()
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
				b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "parcels/s")
				require.NoError(b, l.Close(context.Background()))
				require.NoError(b, broker.Close())
			})
		}
	}
}
