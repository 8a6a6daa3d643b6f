"""The Iceberg table: metastore, HDFS, snapshots, data files in memory and on local disk."""
