import { describeSparkConnect } from './spark-connect.suite.ts';

describeSparkConnect('4.3');
