package stream

// PartitionOf is where a key goes.
func PartitionOf(key string, partitions int) int { return partitionOf(key, partitions) }
