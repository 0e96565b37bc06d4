import { describeSparkConnect } from './spark-connect.suite.ts';

describeSparkConnect('3.5');
