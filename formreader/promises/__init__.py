"""What share of the accepted fields is wrong at most, proved by checked fields."""
