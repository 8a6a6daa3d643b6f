"""Results of the batch analyses, which the stream processor computes and stores."""
